"""Error and time of a tiled gradient beside the untiled one.

    python benchmarks/dream_tiles.py [--sound FILE]

Writes docs/benchmarks/dreams/dream_tiles.md. Memory and time by the length of a sound are in
dream_length.py.
"""

import argparse
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream import DeepDream, applications, audio, objectives
from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
SECONDS = 20.0
REPEATS = 5
LAYERS = ("block1_conv2", "block2_conv2", "block3_conv2", "block4_conv2")
TILES = (1.0, 2.5, 7.3)


def gradient_of(dream):
    """The objective's gradient, traced with an unknown length."""

    @tf.function(input_signature=[tf.TensorSpec((1, None))])
    def take(waveform):
        with tf.GradientTape() as tape:
            tape.watch(waveform)
            score = dream.score(waveform)
        return tape.gradient(score, waveform)

    return take


def time_of(function, waveform):
    start = time.perf_counter()
    function(waveform).numpy()
    return time.perf_counter() - start


def rows_of(model, layer, waveform):
    """For each tile length: its length, the largest error and the time, as parts of the whole's."""
    whole = gradient_of(DeepDream(model, objectives.layer(layer)))
    expected = whole(waveform).numpy()
    for tile in TILES:
        tiled = gradient_of(DeepDream(model, objectives.layer(layer), tile_seconds=tile))
        error = np.abs(tiled(waveform).numpy() - expected).max() / np.abs(expected).max()
        ratio = np.median(
            [time_of(tiled, waveform) / time_of(whole, waveform) for _ in range(REPEATS)]
        )
        yield layer, tile, error, ratio


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sound", default=ROOT / "examples" / "speech.flac")
    arguments = parser.parse_args()
    model = applications.LogMelCNN()
    once = audio.load(arguments.sound, model.sample_rate)
    waveform = np.tile(once, (1, 20))[:, : round(SECONDS * model.sample_rate) - 137]
    waveform = tf.constant(waveform)
    rows = [row for layer in LAYERS for row in rows_of(model, layer, waveform)]
    lines = [
        "# Exactness of tiles",
        "",
        f"Written by `benchmarks/dream_tiles.py` on {describe()}, TensorFlow {tf.__version__},"
        f" Keras {keras.__version__}. {SECONDS:g} s of sound, less 137 samples; the gradient of the objective on the"
        " waveform, in a graph that knows no length, tiled and whole. *Error* is the largest"
        " difference over the largest gradient; *time* is that of the whole gradient, median ratio of"
        f" {REPEATS} alternating runs. The halo is what the layer depends on.",
        "",
        f"**Largest error: {max(row[2] for row in rows):.1e}.**",
        "",
        "| layer | tile (s) | error | time, tiled ÷ whole |",
        "|---|---|---|---|",
        *(f"| `{n}` | {tile:g} | {error:.1e} | {ratio:.2f} |" for n, tile, error, ratio in rows),
        "",
        "Memory and time of sounds up to an hour are [on a page of their own](dream_length.md).",
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "dreams" / "dream_tiles.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
