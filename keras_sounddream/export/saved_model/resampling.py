"""Resampling in a graph: a windowed sinc as one matrix product, for any two rates."""

import math

import tensorflow as tf

from keras_sounddream.types import Tensor

_ZERO_CROSSINGS = 64  # of the sinc, to each side
_ROLL_OFF = 0.9476  # of half the lower rate, where the filter is down by half
_KAISER_BETA = 14.77  # stop band at -140 dB
_MOST_NUMBERS = 2**22  # of the matrix


def is_usual(from_rate: Tensor, to_rate: int) -> Tensor:
    """Tells whether `resample` takes a rate: whether its matrix is small enough; bool scalar."""
    step, new, reach, _, periods = _period(from_rate, to_rate)
    sizes = (step * periods + 2 * reach, new * periods)
    width, new = (tf.cast(size, "int64") for size in sizes)
    return tf.equal(from_rate, to_rate) | (width * new <= _MOST_NUMBERS)


def resample(waveform: Tensor, from_rate: Tensor, to_rate: int) -> Tensor:
    """Resamples float32 `(1, samples)`, band-limited, to `(1, samples * to_rate / from_rate)`.

    One matrix makes as many samples as fit a common period of both rates, or several periods: 160
    out of 294 from 44.1 kHz to 24 kHz. A block is at least as long as the filter, so that each
    sample is read by two blocks at most and nothing is copied. Rates without a common divisor would
    make the matrix too large: see `is_usual`.
    """
    return tf.cond(
        tf.equal(from_rate, to_rate),
        lambda: waveform,
        lambda: _resample(waveform, from_rate, to_rate),
    )


def _resample(waveform, from_rate, to_rate):
    step, new, reach, stretch, periods = _period(from_rate, to_rate)
    kernel = _repeated(_kernel(step, new, reach, stretch), step, periods)
    step, new = step * periods, new * periods
    samples = tf.shape(waveform)[1]
    count = tf.cast(
        tf.math.round(tf.cast(samples, "float64") * to_rate / tf.cast(from_rate, "float64")),
        "int32",
    )
    count = tf.maximum(count, 1)
    blocks = -(-count // new)
    padding = tf.stack([reach, tf.maximum((blocks + 1) * step - reach - samples, 0)])
    padded = tf.pad(tf.reshape(waveform, (-1,)), padding[tf.newaxis])[: (blocks + 1) * step]
    rows = tf.reshape(padded, tf.stack([blocks + 1, step]))
    made = rows[:-1] @ kernel[:step] + rows[1:, : 2 * reach] @ kernel[step:]
    return tf.reshape(made, (1, -1))[:, :count]


def _period(from_rate, to_rate):
    """Samples in and out of a period, the filter's reach, the ratio of rates or 1, and periods.

    That is the number of them in a block.
    """
    divisor = _greatest_common_divisor(from_rate, tf.constant(to_rate))
    step, new = from_rate // divisor, to_rate // divisor
    stretch = tf.maximum(tf.cast(step, "float64") / tf.cast(new, "float64"), 1.0)
    reach = tf.cast(tf.math.ceil(_ZERO_CROSSINGS * stretch / _ROLL_OFF), "int32")
    periods = -(-2 * reach // step)
    return step, new, reach, stretch, periods


def _kernel(step, new, reach, stretch):
    """Matrix float32 `(step + 2 * reach, new)` from the samples around a period to those made."""
    inputs = tf.cast(tf.range(step + 2 * reach) - reach, "float64")[:, tf.newaxis]
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


def _repeated(kernel, step, periods):
    """A period's matrix for several: beside each other, each `step` rows below the one before."""
    width, new = tf.unstack(tf.shape(kernel))
    width += step * (periods - 1)
    longer = tf.pad(kernel, [[0, step * periods], [0, 0]])  # of `width + step` rows
    rows = tf.tile(longer, tf.stack([periods, 1]))[: periods * width]
    shifted = tf.transpose(tf.reshape(rows, tf.stack([periods, width, new])), (1, 0, 2))
    return tf.reshape(shifted, tf.stack([width, periods * new]))


def _greatest_common_divisor(one, other):
    divisor, _ = tf.while_loop(lambda a, b: b > 0, lambda a, b: (b, a % b), (one, other))
    return divisor
