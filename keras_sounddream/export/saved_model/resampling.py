"""Resampling in a graph: a windowed sinc as one matrix product, for any two rates."""

import math

import tensorflow as tf

from keras_sounddream.types import Tensor

_ZERO_CROSSINGS = 64  # of the sinc, to each side
_ROLL_OFF = 0.9476  # of half the lower rate, where the filter is down by half
_KAISER_BETA = 14.77  # stop band at -140 dB
_MOST_NUMBERS = 2**24  # of the matrix


def resample(waveform: Tensor, from_rate: Tensor, to_rate: int) -> Tensor:
    """Resamples float32 `(1, samples)`, band-limited, to `(1, samples * to_rate / from_rate)`.

    One matrix makes as many samples as fit a common period of both rates: 80 out of 147 from
    44.1 kHz to 24 kHz. Rates without a common divisor would make it too large, and are refused.
    """
    return tf.cond(
        tf.equal(from_rate, to_rate),
        lambda: waveform,
        lambda: _resample(waveform, from_rate, to_rate),
    )


def _resample(waveform, from_rate, to_rate):
    divisor = _greatest_common_divisor(from_rate, tf.constant(to_rate))
    step, new = from_rate // divisor, to_rate // divisor  # samples in and out of a period
    stretch = tf.maximum(tf.cast(step, "float64") / tf.cast(new, "float64"), 1.0)
    reach = tf.cast(tf.math.ceil(_ZERO_CROSSINGS * stretch / _ROLL_OFF), "int32")
    width = step + 2 * reach
    numbers = tf.cast(width, "int64") * tf.cast(new, "int64")
    message = f"Expected sound at {to_rate} Hz or a usual rate. Resample it first. Its rate in Hz:"
    check = tf.debugging.Assert(numbers <= _MOST_NUMBERS, [message, from_rate])
    with tf.control_dependencies([check]):
        kernel = _kernel(tf.identity(step), new, reach, width, stretch)
    samples = tf.shape(waveform)[1]
    count = tf.cast(
        tf.math.round(tf.cast(samples, "float64") * to_rate / tf.cast(from_rate, "float64")),
        "int32",
    )
    count = tf.maximum(count, 1)
    periods = -(-count // new)
    behind = tf.maximum((periods - 1) * step + width - reach - samples, 0)
    padded = tf.pad(waveform, [[0, 0], tf.stack([reach, behind])])
    cut = tf.signal.frame(padded, width, step)[:, :periods]  # (1, periods, width)
    return tf.reshape(cut @ kernel, (1, -1))[:, :count]


def _kernel(step, new, reach, width, stretch):
    """Matrix float32 `(width, new)` from the samples around a period to those it makes."""
    inputs = tf.cast(tf.range(width) - reach, "float64")[:, tf.newaxis]
    outputs = tf.cast(tf.range(new), "float64") * tf.cast(step, "float64")
    distance = (inputs - outputs / tf.cast(new, "float64")) / stretch  # in the lower rate's samples
    offset = tf.clip_by_value(distance * _ROLL_OFF / _ZERO_CROSSINGS, -1.0, 1.0)
    depth = _KAISER_BETA * tf.sqrt(1 - tf.square(offset))
    window = tf.math.bessel_i0e(depth) * tf.exp(depth - _KAISER_BETA)
    window /= tf.math.bessel_i0e(tf.constant(_KAISER_BETA, "float64"))
    turn = math.pi * _ROLL_OFF * distance
    one = tf.ones_like(turn)
    sinc = tf.where(turn == 0, one, tf.sin(turn) / tf.where(turn == 0, one, turn))
    return tf.cast(sinc * window * _ROLL_OFF / stretch, "float32")


def _greatest_common_divisor(one, other):
    divisor, _ = tf.while_loop(lambda a, b: b > 0, lambda a, b: (b, a % b), (one, other))
    return divisor
