"""How fast WaveNet generates: naively, in a plain loop, and as `generate` does it.

    python benchmarks/wavenet_generation.py [--samples 4000]

Writes docs/wavenet_generation.md. Weights are random: they do not change the time.
"""

import argparse
import os
import pathlib
import platform
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream import applications
from keras_sounddream.generation import cached, naive
from keras_sounddream.generation.numbers import random_numbers

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
SLOW_SHARE = {"naive": None, "loop": 20, "cached": 1}  # a piece of the naive form is one sample
REPEATS = 5


def pieces(model, batch, form, samples):
    """Makes sound: a first piece, which compiles and primes, and then as many as are timed."""
    plan = model.plan
    lead = np.zeros((batch, plan.lead), "float32")
    ids = {name: np.zeros(batch, "int32") for name in plan.conditions}
    given = (model, lead, ids, random_numbers(0, batch))
    if form == "naive":
        return naive.generated(*given, REPEATS + 1, 1.0, None)
    cached.CHUNK = samples // SLOW_SHARE[form]
    total = (REPEATS + 1) * cached.CHUNK
    return cached.generated(*given, total, 1.0, None, compiled=form == "cached")


def rates(model, batch, samples):
    """Samples per second of each form, of the fastest piece; and whether their draws are equal."""
    found, sounds = {}, {}
    for form in SLOW_SHARE:
        made, seconds, source = [], [], pieces(model, batch, form, samples)
        for _ in range(REPEATS + 1):
            start = time.perf_counter()
            made.append(next(source))
            seconds.append(time.perf_counter() - start)
        sounds[form] = np.concatenate(made, 1)
        found[form] = made[-1].size / min(seconds[1:])
        print(model.count_params(), batch, form, round(found[form], 1), flush=True)
    shortest = min(sound.shape[1] for sound in sounds.values())
    sounds = [sound[:, :shortest] for sound in sounds.values()]
    return found, all(np.array_equal(sound, sounds[0]) for sound in sounds)


def measure(title, settings, samples):
    """Rows of the table: a network at each batch size."""
    model = applications.WaveNet(**settings)
    for batch in BATCHES:
        found, equal = rates(model, batch, samples if batch == 1 else samples // 4)
        real_time = found["cached"] / batch / model.sample_rate
        yield (
            f"| {title} | {batch} | {found['naive']:,.1f} | {found['loop']:,.0f} |"
            f" **{found['cached']:,.0f}** | {real_time:.2f} | {'yes' if equal else 'NO'} |"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=4000, help="at batch 1, of the fastest form")
    samples = parser.parse_args().samples
    keras.utils.set_random_seed(0)
    rows = [row for title, how in NETWORKS.items() for row in measure(title, how, samples)]
    lines = [
        "# How fast WaveNet generates",
        "",
        f"Written by `benchmarks/wavenet_generation.py` with {os.cpu_count()} cores"
        f" ({platform.machine()}), TensorFlow {tf.__version__}, Keras {keras.__version__}: samples per second, all sounds"
        f" of a batch together, drawn from the softmax; the fastest of {REPEATS} pieces after a"
        " first, which compiles and primes. Channels are residual / dilation / skip / levels.",
        "",
        "| network | batch | naive | plain `while_loop` | `generate` | × real time, each sound | equal draws |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        "*Naive*: the network hears a receptive field for each sample. *Plain*: the same step as"
        " `generate`'s, not compiled. *Equal draws*: the three made the same samples from the same seed, as far as the"
        " slowest went.",
        "",
    ]
    (ROOT / "docs" / "wavenet_generation.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
