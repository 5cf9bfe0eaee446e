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
from keras_sounddream.generation.drawing import random_numbers

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
SLOW_SHARE = {"naive": 200, "loop": 10}  # of the samples, which the slower forms make
REPEATS = 5


def forms(model, batch, samples):
    """Functions that make sound, each with how many samples it makes and how often it runs."""
    plan = model.plan
    lead = np.zeros((batch, plan.lead), "float32")
    ids = {name: np.zeros(batch, "int32") for name in plan.conditions}

    def make(kind, count, **settings):
        numbers = random_numbers(0, batch)
        return np.concatenate(
            list(kind(model, lead, ids, numbers, count, 1.0, None, **settings)), 1
        )

    few, some = max(samples // SLOW_SHARE["naive"], 4), max(samples // SLOW_SHARE["loop"], 4)
    return {
        "naive": (few, lambda: make(naive.generated, few)),
        "loop": (some, lambda: make(cached.generated, some, compiled=False)),
        "cached": (samples, lambda: make(cached.generated, samples)),
    }


def rates(model, batch, samples):
    """Samples per second in all, of each form; the fastest of some runs after a first."""
    found, sounds = {}, {}
    for name, (count, function) in forms(model, batch, samples).items():
        sounds[name] = function()
        seconds = min(_seconds(function) for _ in range(REPEATS))
        found[name] = count * batch / seconds
        print(model.count_params(), batch, name, round(found[name]), flush=True)
    shortest = min(sound.shape[1] for sound in sounds.values())
    equal = all(
        np.array_equal(sound[:, :shortest], sounds["naive"][:, :shortest])
        for sound in sounds.values()
    )
    return found, equal


def _seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure(title, settings, samples):
    """Rows of the table: a network at each batch size."""
    model = applications.WaveNet(**settings)
    for batch in BATCHES:
        found, equal = rates(model, batch, samples if batch == 1 else samples // 4)
        real_time = found["cached"] / batch / model.sample_rate
        yield (
            f"| {title} | {batch} | {found['naive']:,.0f} | {found['loop']:,.0f} |"
            f" **{found['cached']:,.0f}** | {real_time:.2f} | {'yes' if equal else 'NO'} |"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=4000, help="at batch 1, of the fastest form")
    samples = parser.parse_args().samples
    cached._CHUNK = samples  # one call a run
    keras.utils.set_random_seed(0)
    rows = [row for title, how in NETWORKS.items() for row in measure(title, how, samples)]
    lines = [
        "# How fast WaveNet generates",
        "",
        f"Written by `benchmarks/wavenet_generation.py` with {os.cpu_count()} cores"
        f" ({platform.machine()}), TensorFlow {tf.__version__}, Keras {keras.__version__}: samples per second, all sounds"
        f" of a batch together, drawn from the softmax; the fastest of {REPEATS} runs after a first"
        " that compiles, with priming. Channels are residual / dilation / skip / levels.",
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
