"""Size and speed of the networks, and SoundNet-8 beside the same network in PyTorch.

    python benchmarks/zoo.py [--seconds 10]

Writes docs/benchmarks/models/zoo_speed.md. Weights are random: they do not change the time. PyTorch
is left out where it is not installed.
"""

import argparse
import math
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream import applications
from keras_sounddream.deepdream.network.patch_axis import layers_of_parts
from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
REPEATS = 25
PICTURE = (224, 224, 3)
SOUNDNET_SECONDS = (20, 120)
SOUNDNET = (  # in, out, kernel, pooling
    (1, 16, 64, 8),
    (16, 32, 32, 8),
    (32, 64, 16, 1),
    (64, 128, 8, 1),
    (128, 256, 4, 4),
    (256, 512, 4, 1),
    (512, 1024, 4, 1),
)


def multiply_adds(model):
    """Multiply-adds of an example: each kernel at each position of its layer's output."""
    total, in_parts, parts = 0, layers_of_parts(model), 1
    for layer in model.layers:
        if getattr(layer, "splits_examples", False):
            parts = layer.compute_output_shape((1, *layer.input.shape[1:]))[0]
        positions = math.prod(keras.tree.flatten(layer.output)[0].shape[1:-1])
        positions *= parts if layer.name in in_parts else 1
        total += positions * sum(math.prod(w.shape) for w in layer.weights if len(w.shape) > 1)
    return total


def fastest_ms(functions):
    """Times of functions that are called in turn: of each the fastest run's."""
    for function in functions:
        function(), function()
    times = [[_seconds(function) for function in functions] for _ in range(REPEATS)]
    return 1e3 * np.min(times, axis=0)


def _seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def keras_calls(model, example):
    """A model called in the three ways that users call it."""
    tensor = tf.constant(example)

    def call(x):
        return keras.tree.flatten(model(x, training=False))

    graph, compiled = tf.function(call), tf.function(call, jit_compile=True)
    return [
        lambda: model.predict_on_batch(example),
        lambda: [each.numpy() for each in graph(tensor)],
        lambda: [each.numpy() for each in compiled(tensor)],
    ]


def measure(name, seconds):
    """A row of the table: size and times of a constructor of the zoo."""
    build = getattr(applications, name)
    described = build(weights=None)
    rate = described.sample_rate
    seconds = max(seconds, (getattr(described, "lengths", None) or {}).get("min_seconds", 0))
    shape = PICTURE if rate is None else (round(seconds * rate),)
    model = build(weights=None, input_shape=shape)
    example = np.random.default_rng(0).normal(0, 0.1, (1, *shape)).astype("float32")
    print(name, shape, flush=True)
    what = f"{shape[0]} × {shape[1]} pixels" if rate is None else f"{seconds:g} s at {rate} Hz"
    times = fastest_ms(keras_calls(model, example))
    cost = "–" if rate is None else f"{times.min() / 1e3 / seconds:.5f}"
    return (
        f"| `{name}` | {model.count_params() / 1e6:.2f} | {what} | {multiply_adds(model) / 1e9:.2f} |"
        f" {times[0]:.1f} | {times[1]:.1f} | {times[2]:.1f} | {cost} |"
    )


def torch_soundnet():
    """SoundNet-8 in PyTorch, as its ports have it: convolutions of (k, 1); `None` without PyTorch."""
    try:
        import torch
        from torch import nn
    except ImportError:
        return None

    def block(channels, filters, kernel, pooling):
        found = [
            nn.Conv2d(channels, filters, (kernel, 1), (2, 1), (kernel // 2, 0)),
            nn.BatchNorm2d(filters, eps=1e-5),
            nn.ReLU(),
        ]
        return [*found, nn.MaxPool2d((pooling, 1))] if pooling > 1 else found

    body = nn.Sequential(*(layer for row in SOUNDNET for layer in block(*row))).eval()
    heads = [nn.Conv2d(1024, classes, (8, 1), (2, 1)).eval() for classes in (1000, 401)]

    def run(example):
        with torch.no_grad():
            features = body(256 * torch.from_numpy(example)[:, None, :, None])
            return [head(features).numpy() for head in heads]

    return run


def measure_soundnet(seconds):
    """A row of the comparison: SoundNet-8, ours and PyTorch's, in alternating runs."""
    model = applications.SoundNet8(weights=None)
    example = np.random.default_rng(0).normal(0, 0.1, (1, seconds * model.sample_rate))
    example = example.astype("float32")
    theirs = torch_soundnet()
    functions = keras_calls(model, example) + ([lambda: theirs(example)] if theirs else [])
    *ours, torch_ms = [*fastest_ms(functions), *([] if theirs else [math.nan])]
    print("SoundNet8", seconds, flush=True)
    last = "– | –" if theirs is None else f"{torch_ms:.1f} | {torch_ms / min(ours):.1f}"
    return f"| {seconds} s | {ours[0]:.1f} | {ours[1]:.1f} | {ours[2]:.1f} | {last} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of sound in the first table")
    seconds = parser.parse_args().seconds
    compared = [measure_soundnet(length) for length in SOUNDNET_SECONDS]
    rows = [measure(name, seconds) for name in applications.FAMILIES]
    lines = [
        "# Size and speed of the networks",
        "",
        f"Written by `benchmarks/zoo.py` on {describe()}, TensorFlow"
        f" {tf.__version__}, Keras {keras.__version__}. One example, random weights, in ms, the fastest of {REPEATS}"
        " alternating runs, since other work on the machine only lengthens them. Multiply-adds are those of the layers' kernels: front ends have none.",
        "",
        "| network | parameters (M) | input | multiply-adds (G) | `predict_on_batch` | `tf.function` | with XLA | s per second of sound, best |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        "## SoundNet-8 beside PyTorch",
        "",
        "The same network of convolutions (k, 1), as the port to PyTorch has it, on the same sound in the"
        f" same run{_torch_version()}; in ms:",
        "",
        "| sound | `predict_on_batch` | `tf.function` | with XLA | PyTorch | PyTorch ÷ ours, best |",
        "|---|---|---|---|---|---|",
        *compared,
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "models" / "zoo_speed.md").write_text("\n".join(lines))
    print("\n".join(lines))


def _torch_version():
    try:
        import torch
    except ImportError:
        return ", where it is installed"
    return f" (PyTorch {torch.__version__}, {torch.get_num_threads()} threads)"


if __name__ == "__main__":
    main()
