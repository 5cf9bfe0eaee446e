"""Our times beside what a user would take instead, in one run on this machine.

    python benchmarks/run_all.py --quick      # five minutes: one page of ratios
    python benchmarks/run_all.py              # every script that measures time, hours

Writes docs/benchmarks/here.md. A ratio above 1 says that ours is as many times as fast. Peers that
are not installed (PyTorch, tf-keras-vis) are left out.
"""

import argparse
import functools
import importlib.util
import os
import pathlib
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import dream_peers
import dream_speed
import first_sound
import keras
import numpy as np
import tensorflow as tf
import wavenet_generation
import zoo

from keras_sounddream import applications
from keras_sounddream.processor import bfloat16_ratio, describe

ROOT = pathlib.Path(__file__).parents[1]
SCRIPTS = ("dream_speed", "dream_peers", "first_sound", "memory", "wavenet_generation", "zoo")
SIZE = (512, 512)  # of the picture
SAMPLES = 4000  # of a piece of sound


def is_there(package):
    return importlib.util.find_spec(package) is not None


def picture_dream():
    """A step of a picture's dream, InceptionV3 to mixed5: ours, in bfloat16, and two others."""
    network, layer = dream_peers.make_network(None)
    skipped = set() if is_there("tf_keras_vis") else {"tf-keras-vis"}
    if np.isinf(bfloat16_ratio()):
        skipped.add("ours, bfloat16")
    for name in skipped:
        dream_peers.CONTENDERS.pop(name)
    found = dream_peers.compare_seconds(network, layer, dream_peers.make_picture(SIZE))
    ours = found.pop("ours")
    return "step of a picture dream, InceptionV3, 512 × 512, float32", ours, found


def rates():
    """Billions of operations per second: of large matrices, and of a picture's network forward."""
    square = tf.random.normal((4096, 4096))
    network, layer = dream_peers.make_network(None)
    model = keras.Model(network.input, network.get_layer(layer).output)
    shaped = keras.applications.InceptionV3(False, weights=None, input_shape=(*SIZE, 3))
    shaped = keras.Model(shaped.input, shaped.get_layer(layer).output)
    picture = tf.random.normal((1, *SIZE, 3))
    product, forward = tf.function(lambda x: x @ x), tf.function(lambda x: model(x, training=False))
    calls = (lambda: product(square).numpy(), lambda: forward(picture).numpy())
    seconds = [min(dream_peers.seconds_of(call) for _ in range(6)) for call in calls]
    return 2 * 4.096**3 / seconds[0], 2e-9 * zoo.multiply_adds(shaped) / seconds[1]


def sound_dream():
    """A step of a sound's dream on 5 s, and a gradient alone, on the STFT, nothing kept real."""
    model = applications.LogMelCNN()
    waveform = np.random.default_rng(0).normal(0, 0.1, (1, 5 * model.sample_rate))
    times = dream_speed.time_trace(model, waveform.astype("float32"), "block3_conv2")
    ours, on_stft, _ = np.median(times, axis=0)
    peers = {"a gradient on its STFT, written by hand": on_stft}
    return "step of a sound dream, LogMelCNN, 5 s", ours, peers


def wavenet(batch):
    """A second of sound by ibab's network of 50 layers: ours, a plain loop, and naive."""
    settings = next(iter(wavenet_generation.NETWORKS.values()))
    model = applications.WaveNet(**settings)
    found, _ = wavenet_generation.rates(model, batch, SAMPLES // batch)
    names = {
        "loop": "plain while_loop",
        "naive": "naive",
        "litert": "LiteRT",
        "onnx": "ONNX Runtime",
    }
    peers = {names[form]: model.sample_rate / rate for form, rate in found.items() if form in names}
    ours = model.sample_rate / found["cached"]
    return f"a second of WaveNet's sound, 50 layers, of {batch} at once", ours, peers


def soundnet():
    """SoundNet-8 on 20 s: ours at its quickest, and PyTorch."""
    model = applications.SoundNet8(weights=None)
    example = np.random.default_rng(0).normal(0, 0.1, (1, 20 * model.sample_rate))
    example, theirs = example.astype("float32"), zoo.torch_soundnet()
    calls = zoo.keras_calls(model, example) + ([lambda: theirs(example)] if theirs else [])
    found = zoo.fastest_ms(calls) / 1e3
    called, *ours = found[: len(found) - bool(theirs)]
    peers = {"`predict_on_batch`": called} | ({"PyTorch": found[-1]} if theirs else {})
    return "SoundNet-8 on 20 s", min(ours), peers


def command_line():
    """From a typed command to a dreamed file, and what TensorFlow alone takes to be imported."""
    start = [sys.executable, "-m", "keras_sounddream.cli.main"]
    ours = first_sound.seconds([*start, *first_sound.COMMANDS["dream 5 s"]], ROOT)
    plain = first_sound.LIBRARIES["`import tensorflow`, with Keras"]
    alone = first_sound.seconds([sys.executable, "-c", plain], ROOT)
    return (
        "`sounddream dream` of 5 s, typed to written",
        ours,
        {"import of TensorFlow alone": alone},
    )


MEASURES = (
    picture_dream,
    sound_dream,
    functools.partial(wavenet, 1),
    functools.partial(wavenet, 8),
    soundnet,
    command_line,
)
KINDS = {  # of processor, imitated: variables of the environment, and how many of the measures
    "this processor": ({}, len(MEASURES)),
    "with AVX2 alone": (
        {"ONEDNN_MAX_CPU_ISA": "AVX2", "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"},
        3,
    ),
    "without oneDNN": ({"TF_ENABLE_ONEDNN_OPTS": "0"}, 2),
}


def print_table(count):
    """Prints the lines of the first measures: ours, and each peer with its ratio."""
    keras.utils.set_random_seed(0)
    ratio = bfloat16_ratio()
    told = "does not work" if np.isinf(ratio) else f"takes {ratio:.2f} times as long as float32"
    print(f"bfloat16 {told} (a convolution and its gradient).\n")
    largest, forward = rates()
    print(
        f"InceptionV3 to mixed5 goes forward at {forward:.0f} GFLOP/s, a product of large matrices at"
        f" {largest:.0f}: {largest / forward:.2f} times is what is left to gain in float32.\n"
    )
    print("| task | ours (s) | beside it | (s) | ratio |\n|---|---|---|---|---|", flush=True)
    for measure in MEASURES[:count]:
        task, ours, peers = measure()
        for name, seconds in peers.items():
            row = f"| {task} | {ours:.4f} | {name} | {seconds:.4f} | {seconds / ours:.2f} |"
            print(row, flush=True)


def table_of(kind):
    """The table that a process of a kind of processor prints."""
    variables, count = KINDS[kind]
    command = [sys.executable, __file__, "--part", str(count)]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    lines = done.stdout.splitlines()
    return lines[next(i for i, line in enumerate(lines) if line.startswith("bfloat16")) :]


def write_page():
    """Measures on each kind of processor, and writes the page."""
    lines = [
        "# Beside others, on one machine",
        "",
        f"Written by `benchmarks/run_all.py --quick` on {describe()}, TensorFlow {tf.__version__}, Keras",
        f"{keras.__version__}: run it to see your own machine's. A ratio above 1: ours is as many times as fast.",
        "Other kinds of processor are imitated by switches of oneDNN and XLA.",
        "",
    ]
    for kind in KINDS:
        lines += [f"## {kind[0].upper()}{kind[1:]}", "", *table_of(kind), ""]
        print("\n".join(lines), flush=True)
    (ROOT / "docs" / "benchmarks" / "here.md").write_text("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one page of ratios")
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        print_table(arguments.part)
    elif arguments.quick:
        write_page()
    else:
        for script in SCRIPTS:
            path = ROOT / "benchmarks" / f"{script}.py"
            subprocess.run([sys.executable, path], check=False)


if __name__ == "__main__":
    main()
