"""Faults of rows: what a server answers for a row that it cannot take, beside the others' scores.

A server puts the requests of strangers together, and an error would fail all of them. So a fault is
a string, "" where there is none: the outputs of such a row are NaN, and `error` says why.
"""

from __future__ import annotations

import tensorflow as tf

from keras_sounddream.audio.waveforms import MOST_PEAK
from keras_sounddream.types import Tensor

ERROR = "error"  # name of the output


def fault(holds: Tensor, message: str, *received: Tensor) -> Tensor:
    """The message and what was received, string, where `holds` is false; else "".

    `holds` and `received` are of one shape, or scalars.
    """
    words = [_word(value) for value in received]
    text = tf.strings.join([f"{message}. Received: ", tf.strings.join(words, " and ")])
    return tf.where(holds, "", text)


def first_fault(*faults: Tensor) -> Tensor:
    """The first of several faults, for each row, or ""."""
    first, *others = faults
    for other in others:
        first = tf.where(tf.equal(first, ""), other, first)
    return first


def sample_faults(waveform: Tensor, within: Tensor | None = None) -> Tensor:
    """Faults of the samples of `(batch, samples)`, those of them that are `within`: `(batch,)`."""
    size = tf.abs(waveform)
    if within is not None:
        size = tf.where(within, size, 0.0)
    finite = tf.reduce_all(tf.math.is_finite(size), axis=1)
    peak = tf.reduce_max(size, axis=1)
    return first_fault(fault(finite, "Expected finite samples", peak), peak_fault(peak))


def peak_fault(peak: Tensor) -> Tensor:
    """The fault of samples far over full scale: most likely they are integers as floats."""
    scale = "divide by the largest value of their type, 32768 for 16-bit samples"
    return fault(peak <= MOST_PEAK, f"Expected samples in [-1, 1]: {scale}. Peak", peak)


def without_faulty(outputs: dict[str, Tensor], faults: Tensor) -> dict[str, Tensor]:
    """Outputs with NaN in the rows that have a fault, and `error`."""
    good = tf.equal(faults, "")
    marked = {}
    for name, value in outputs.items():
        shape = tf.concat([tf.shape(good), tf.ones(tf.rank(value) - 1, "int32")], 0)
        marked[name] = tf.where(tf.reshape(good, shape), value, float("nan"))
    return {**marked, ERROR: faults}


def _word(value):
    if value.dtype == tf.string:
        return value
    return tf.strings.as_string(value, shortest=value.dtype.is_floating)
