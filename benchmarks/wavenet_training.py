"""Training speed of a WaveNet: S4's network as it is here, and made of plain Keras layers.

    python benchmarks/wavenet_training.py [--piece-samples 20000] [--batch 2] [--steps 5]

Writes docs/benchmarks/training/wavenet_training_speed.md. The network is that of
ibab/tensorflow-wavenet with five genres: 50 layers, 32 / 32 / 512 / 256 channels; a step is a
forward and a backward pass and Adam.
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
from keras import layers, ops

from keras_sounddream import applications
from keras_sounddream.applications.wavenet import DILATIONS
from keras_sounddream.audio.mu_law import levels_to_waveform
from keras_sounddream.processor import describe
from keras_sounddream.training import wavenet
from keras_sounddream.training.wavenet.whole_sounds import from_silence

ROOT = pathlib.Path(__file__).parents[1]
GENRES = ("classical", "hardcore", "hip", "metal", "rock")
ORIGINAL = 2 * 100_000 / 30.45  # samples a second: its log's median step, on eight cores
FIELD = sum(DILATIONS) + 2


def plain():
    """The same network without any code of this package."""
    levels = keras.Input((None,), dtype="int32", name="levels")
    genre = keras.Input((), dtype="int32", name="genre")
    x = layers.Lambda(lambda x: ops.one_hot(x, 256))(levels)
    x = layers.Conv1D(32, 2, use_bias=False)(x)
    condition = layers.Reshape((1, 32))(layers.Embedding(len(GENRES), 32)(genre))
    later, skips = sum(DILATIONS), []
    for number, dilation in enumerate(DILATIONS):
        later -= dilation
        halves = []
        for activation in ("tanh", "sigmoid"):
            heard = layers.Conv1D(32, 2, dilation_rate=dilation)(x)
            told = layers.Dense(32, use_bias=False)(condition)
            halves.append(layers.Activation(activation)(layers.Add()([heard, told])))
        z = layers.Multiply()(halves)
        skips.append(layers.Conv1D(512, 1)(layers.Cropping1D((later, 0))(z)))
        if number < len(DILATIONS) - 1:
            x = layers.Add()([layers.Cropping1D((dilation, 0))(x), layers.Conv1D(32, 1)(z)])
    x = layers.ReLU()(layers.Add()(skips))
    x = layers.Conv1D(512, 1, activation="relu")(x)
    return keras.Model([levels, genre], layers.Conv1D(256, 1)(x))


def ours():
    """The network as the recipe trains it."""
    return applications.WaveNet(conditions={"genre": GENRES})


def compiled(form, jit):
    """A model and the batch-independent part of how it is trained."""
    if form == "plain Keras layers":
        model = plain()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(1e-3), loss, jit_compile=jit)
        return model
    model = ours()
    learner = from_silence(model) if form == "out of silence" else model
    settings = wavenet.Settings(1, clip_norm=None, jit_compile=jit)
    wavenet.compile_model(learner, settings, model.plan)
    return learner


def batch_of(form, batch, samples):
    """Noise, as each form takes it."""
    levels = np.random.default_rng(0).integers(0, 256, (batch, FIELD - 1 + samples + 1))
    genre = np.arange(batch, dtype="int32") % len(GENRES)
    if form == "plain Keras layers":
        return [levels[:, :-1].astype("int32"), genre], levels[:, FIELD:].astype("int32")
    waveform = levels_to_waveform(levels)
    if form == "out of silence":
        return {"waveform": waveform[:, FIELD:], "genre": genre}, waveform[:, FIELD:]
    return {"waveform": waveform[:, :-1], "genre": genre}, waveform[:, FIELD:]


def rate(form, jit, batch, samples, steps):
    """Samples that are predicted, and learned from, in a second: of the fastest step."""
    keras.utils.set_random_seed(0)
    model, (inputs, targets) = compiled(form, jit), batch_of(form, batch, samples)
    seconds = []
    for _ in range(steps + 1):
        start = time.perf_counter()
        model.train_on_batch(inputs, targets)
        seconds.append(time.perf_counter() - start)
    found = batch * samples / min(seconds[1:])
    print(form, jit, round(found), [round(each, 2) for each in seconds], flush=True)
    keras.backend.clear_session()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--piece-samples", type=int, default=20000)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    options = parser.parse_args()
    rows = []
    for form in ("the recipe", "out of silence", "plain Keras layers"):
        for jit in (True, False):
            found = rate(form, jit, options.batch, options.piece_samples, options.steps)
            how = "XLA" if jit else "graph"
            rows.append(f"| {form} | {how} | {found:,.0f} | {found / ORIGINAL:.2f} |")
    lines = [
        "# WaveNet training speed",
        "",
        f"Written by `benchmarks/wavenet_training.py` on {describe()}"
        f" ({platform.machine()}), TensorFlow {tf.__version__}, Keras {keras.__version__}: 50"
        f" layers, 32 / 32 / 512 / 256 channels, one of 5 genres; {options.batch} pieces of"
        f" {options.piece_samples:,} samples a step, Adam; samples that are predicted and learned"
        f" from in a second, of the fastest of {options.steps} steps.",
        "",
        f"| network | compiled by | samples/s | × the original's {ORIGINAL:,.0f} on 8 cores |",
        "|---|---|---|---|",
        *rows,
        "",
        "*The recipe*: pieces, each with a receptive field before it. *Out of silence*: whole"
        " sounds, before which there is nothing. *Plain Keras layers*: `Conv1D`s alone, without any"
        " code of this package. The original's is the median step of its log: 2 × 100,000 samples"
        " in 30.45 s.",
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "training" / "wavenet_training_speed.md").write_text(
        "\n".join(lines)
    )
    print("\n".join(lines))


if __name__ == "__main__":
    main()
