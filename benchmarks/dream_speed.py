"""Time of a dream, and of one step beside a bare gradient of the same network.

    python benchmarks/dream_speed.py [--sound FILE]

Writes docs/benchmarks/dreams/dream_speed.md. Times are medians of alternating runs of several
traces each, since TensorFlow orders a graph differently each time that it traces one, and the same
function then takes up to 1.4 times as long. The ratio is the figure to compare between machines.
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
from keras_sounddream.audio.spectral.mel import mel_matrix
from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
SECONDS = 5.0
TRACES, REPEATS = 7, 7
STEPS = 10  # of one round, which takes the phase anew once
LAYERS = ("block1_conv2", "block3_conv2", "block4_conv2")


def bare_gradient(network):
    """A step as a user would write it: forward and backward, nothing kept real."""

    @tf.function
    def steps(spectrogram, count):
        for _ in tf.range(count):
            with tf.GradientTape() as tape:
                tape.watch(spectrogram)
                objective = tf.reduce_mean(tf.square(network(spectrogram)))
            spectrogram += 1e-6 * tape.gradient(objective, spectrogram)
        return spectrogram

    return steps


def seconds_of(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare_steps(model, waveform, layer):
    """Median seconds of a dream's step and of two bare ones."""
    times = np.concatenate([time_trace(model, waveform, layer) for _ in range(TRACES)])
    return np.median(times, axis=0)


def time_trace(model, waveform, layer):
    """Seconds a step, `(REPEATS, 3)`: the dream's, bare on the STFT, bare on the mel."""
    dream = DeepDream(model, objectives.layer(layer))
    front_end = model.get_layer("front_end")
    after_mel = keras.Model(front_end.output, model.get_layer(layer).output)
    mel = tf.constant(mel_matrix(front_end.analysis))

    def after_stft(log_magnitude):
        return after_mel(tf.math.log(tf.exp(2 * log_magnitude) @ mel + front_end.log_offset))

    octave, zero, count = tf.constant(2), tf.constant(0), tf.constant(STEPS)
    stages = dream.ascent.traced
    state, slots = stages.enter_octave(stages.begin(tf.constant(waveform)), zero), ()
    log_magnitude = state["variable"]

    def dream_round():
        renewed = stages.renew(state, octave, zero)
        stages.advance(renewed, slots, octave, zero, count, None)[2].numpy()

    on_stft, on_mel = bare_gradient(after_stft), bare_gradient(after_mel)
    spectrogram = front_end(waveform)
    functions = (
        dream_round,
        lambda: on_stft(log_magnitude, count).numpy(),
        lambda: on_mel(spectrogram, count).numpy(),
    )
    for function in functions:
        function()
    return np.array([[seconds_of(f) for f in functions] for _ in range(REPEATS)]) / STEPS


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sound", default=ROOT / "examples" / "melody.flac")
    arguments = parser.parse_args()
    model = applications.LogMelCNN()
    waveform = audio.load(arguments.sound, model.sample_rate)
    waveform = np.tile(waveform, (1, 10))[:, : round(SECONDS * model.sample_rate)]
    dream = DeepDream(model, objectives.layer("block3_conv2"))
    first = seconds_of(lambda: dream.run(waveform))
    later = np.median([seconds_of(lambda: dream.run(waveform)) for _ in range(3)])
    rows = [(layer, *compare_steps(model, waveform, layer)) for layer in LAYERS]
    lines = [
        "# Dream speed",
        "",
        f"Written by `benchmarks/dream_speed.py` on {describe()},"
        f" TensorFlow {tf.__version__}, Keras {keras.__version__}.",
        "",
        f"A {SECONDS:g} s sound, default settings ({dream.settings.octaves} octaves of {dream.settings.steps} steps on "
        f"`block3_conv2`): **{first:.1f} s** the first time, tracing included; {later:.1f} s after "
        "that.",
        "",
        "One step of the dream (log-magnitude STFT → waveform at the input's level → front end →",
        "network, and back) beside a bare `GradientTape` forward and backward of the same network:",
        "on the same log-magnitude STFT, which is what one would write without the way through the",
        "waveform, and on the log-mel spectrogram. All in a `tf.function`; medians of",
        f"{REPEATS} alternating runs of each of {TRACES} traces, since the order that TensorFlow "
        "gives a",
        "graph when it traces one makes the same step up to 1.4 times as slow:",
        "",
        "| layer | dream's step (ms) | bare, on the STFT (ms) | bare, on the mel (ms) | "
        "ratio to the first | to the second |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{name}` | {1e3 * a:.1f} | {1e3 * b:.1f} | {1e3 * c:.1f} | {a / b:.2f} | {a / c:.2f} |"
            for name, a, b, c in rows
        ),
        "",
        "The way from the log-magnitude through the waveform to the front end and back was once eight",
        'matrix products; by FFT it takes less than half of that (`transform="fft"`). For an early',
        "layer the network itself is so small that the way still costs half as much as the network.",
        "Compiling the way with XLA saved 7 %; replacing batch normalisation by a multiply-add saved",
        "nothing.",
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "dreams" / "dream_speed.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
