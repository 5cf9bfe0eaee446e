"""Speed of WaveNet generation: naive, in a plain loop, as in `generate`, and from files.

    python benchmarks/wavenet_generation.py [--samples 4000]

Writes docs/benchmarks/models/wavenet_generation.md. Weights are random: they do not change the
time.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import onnxruntime
import tensorflow as tf

from keras_sounddream import applications
from keras_sounddream.export import export_generator
from keras_sounddream.generation import fast, naive
from keras_sounddream.generation.random_numbers import random_numbers
from keras_sounddream.lite import Generator
from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
BATCHES = (1, 8, 32)
GENRES = ("classical", "hardcore", "hip", "metal", "rock")
NETWORKS = {
    "50 layers, 32 / 32 / 512 / 256, one of 5 genres": {"conditions": {"genre": GENRES}},
    "20 layers, 32 / 32 / 128 / 256": {
        "dilations": applications.wavenet.DILATIONS[:20],
        "skip_channels": 128,
    },
}
SLOW_SHARE = {"loop": 20, "cached": 1, "litert": 2, "onnx": 20}  # a naive piece is one sample
REPEATS = 5
BOUND = (
    "Of 50 layers, the time of one sound is that of reading its weights, 5.8 MB for each sample, 4.8 of them",
    "in the products after the layers: 100 GB/s of the processor's cache at 16,000 samples a second. What",
    "was tried against that: weights in bfloat16, float16 or int8 in XLA's loop, which converts them once,",
    "before the loop, and gains nothing; converted in the loop, seven to forty times as slow; the product",
    "of the skips in two or five parts, so that another core might take one, which XLA does not do.",
)


def pieces(model, batch, form, samples):
    """Makes sound: a first piece, which compiles and primes, and then as many as are timed."""
    if form in ("litert", "onnx"):
        return file_pieces(model, form, samples // SLOW_SHARE[form])
    plan = model.plan
    lead = np.zeros((batch, plan.lead), "float32")
    ids = {name: np.zeros(batch, "int32") for name in plan.conditions}
    given = (model, lead, ids, random_numbers(0, batch))
    if form == "naive":
        return naive.generated(*given, REPEATS + 1, 1.0, None)
    fast.CHUNK = samples // SLOW_SHARE[form]
    total = (REPEATS + 1) * fast.CHUNK
    return fast.generated(*given, total, 1.0, None, compiled=form == "cached")


def file_pieces(model, form, count):
    """Makes sound with an exported file, one call a piece."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "made"
        export_generator(model, path, form, count=count, verify=False)
        if form == "litert":
            labels = {name: known[0] for name, known in model.plan.conditions.items()}
            return (piece[None] for piece in Generator(path).stream(seed=0, **labels))
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session_pieces(session, count)


def session_pieces(session, count):
    """Calls a file's loop in ONNX Runtime again and again, from silence on."""
    kinds = {"tensor(float)": "float32", "tensor(int32)": "int32"}
    given = {one.name: np.zeros(one.shape, kinds[one.type]) for one in session.get_inputs()}
    given["temperature"][:] = 1
    names, numbers = [one.name for one in session.get_outputs()], random_numbers(0, 1)
    while True:
        given["numbers"] = numbers(count)
        found = dict(zip(names, session.run(None, given), strict=True))
        given |= {name[5:]: value for name, value in found.items() if name.startswith("next_")}
        yield found["samples"]


def rates(model, batch, samples):
    """Samples per second of each form, of the fastest piece; and whether their draws are equal."""
    found, sounds = {}, {}
    for form in ("naive", *SLOW_SHARE):
        if batch > 1 and form in ("litert", "onnx"):
            continue
        made, seconds, source = [], [], pieces(model, batch, form, samples)
        for _ in range(REPEATS + 1):
            start = time.perf_counter()
            made.append(next(source))
            seconds.append(time.perf_counter() - start)
        sounds[form] = np.concatenate(made, 1)
        found[form] = made[-1].size / min(seconds[1:])
        print(model.count_params(), batch, form, round(found[form], 1), file=sys.stderr, flush=True)
    shortest = min(sound.shape[1] for sound in sounds.values())
    sounds = [sound[:, :shortest] for sound in sounds.values()]
    return found, all(np.array_equal(sound, sounds[0]) for sound in sounds)


def measure(title, settings, samples):
    """Rows of the table: a network at each batch size."""
    model = applications.WaveNet(**settings)
    for batch in BATCHES:
        found, equal = rates(model, batch, samples if batch == 1 else samples // 4)
        files = (f"{found[form]:,.0f}" if form in found else "" for form in ("litert", "onnx"))
        real_time = found["cached"] / batch / model.sample_rate
        yield (
            f"| {title} | {batch} | {found['naive']:,.1f} | {found['loop']:,.0f} |"
            f" **{found['cached']:,.0f}** | {' | '.join(files)} | {real_time:.2f} |"
            f" {'yes' if equal else 'NO'} |"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=4000, help="at batch 1, of the fastest form")
    samples = parser.parse_args().samples
    keras.utils.set_random_seed(0)
    rows = [row for title, how in NETWORKS.items() for row in measure(title, how, samples)]
    lines = [
        "# WaveNet generation speed",
        "",
        f"Written by `benchmarks/wavenet_generation.py` on {describe()},"
        f" TensorFlow {tf.__version__}, Keras {keras.__version__}: samples per second, all sounds"
        f" of a batch together, drawn from the softmax; the fastest of {REPEATS} pieces after a"
        " first, which compiles and primes. Channels are residual / dilation / skip / levels.",
        "",
        "| network | batch | naive | plain `while_loop` | `generate` | LiteRT | ONNX Runtime | × real time, each sound | equal draws |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        "*Naive*: the network evaluates a receptive field for each sample. *Plain*: the same step as"
        " `generate`'s, not compiled. *LiteRT*, *ONNX Runtime*: the loop of a file that `export_generator` wrote, which"
        " makes one sound, in one thread and in as many as the runtime likes. *× real time* is `generate`'s."
        " *Equal draws*: all made the same samples from the same seed, as far as the slowest went.",
        "",
        *BOUND,
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "models" / "wavenet_generation.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
