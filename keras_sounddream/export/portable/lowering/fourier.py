"""Fourier transforms of any kind along the last axis, in matrix products of two stages.

As `audio.spectral.dft`, but of complex numbers and with phases that count from a frame's start, as
TensorFlow's do.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import tensorflow as tf

from keras_sounddream.export.portable.gradients.shape_helpers import (
    UnfitError,
    cut,
    extend,
    sizes,
)
from keras_sounddream.types import Tensor

_MOST = 2**24  # numbers in the matrices of a transform


def transform(
    real: Tensor, imaginary: Tensor | None, length: int, bins: int, inverse: bool = False
) -> tuple[Tensor, Tensor]:
    """Discrete Fourier transform of `length` numbers, the first `bins` of it: `(real, imaginary)`.

    `real` and `imaginary`, float32 `(…, n)`, are cut or filled up with zeros to `length`;
    `imaginary` is `None` for real numbers. `inverse` includes the division by `length`.
    """
    outer = sizes(real)[:-1]
    rows = _rows(length)
    parts = [
        tf.reshape(_fitted(part, length), [-1, rows, length // rows])
        for part in (real, imaginary)
        if part is not None
    ]
    first, second = _stages(length, rows, bins, inverse)
    x = tf.concat(parts, 1)  # (frame, (part, row), column)
    x = tf.matmul(tf.constant(first[:, : rows * len(parts)]), x)
    x = tf.reshape(x, [-1, rows, 2 * (length // rows)])  # rows of both parts are neighbours
    x = tf.matmul(tf.transpose(x, [1, 0, 2]), tf.constant(second))  # (row, frame, (part, bin))
    x = tf.reshape(tf.transpose(x, [1, 2, 0]), [-1, 2, second.shape[-1] // 2 * rows])
    pair = (tf.reshape(cut(cut(x, 1, i, 1), 2, 0, bins), [*outer, bins]) for i in range(2))
    return tuple(tf.ensure_shape(part, [*real.shape[:-1], bins]) for part in pair)


def from_half(real: Tensor, imaginary: Tensor, length: int) -> Tensor:
    """The real numbers `(…, length)` whose transform is given up to the middle bin."""
    bins, mirrored = length // 2 + 1, (length - 1) // 2
    real, imaginary = (_fitted(part, bins) for part in (real, imaginary))
    axis = real.shape.rank - 1
    flipped = [tf.reverse(cut(part, axis, 1, mirrored), [axis]) for part in (real, imaginary)]
    whole = tf.concat([real, flipped[0]], axis), tf.concat([imaginary, -flipped[1]], axis)
    return transform(*whole, length, length, inverse=True)[0]


def _fitted(x, length):
    axis, known = x.shape.rank - 1, x.shape[-1]
    if known is None:
        raise UnfitError("the length that it transforms is not known")
    x = cut(x, axis, 0, min(known, length))
    return extend(x, axis, 0, length - min(known, length))


def _rows(length):
    """Rows of the first stage: the factor of a length that is next to its root."""
    return next(rows for rows in range(math.isqrt(length), 0, -1) if length % rows == 0)


@functools.lru_cache(maxsize=16)
def _stages(length, rows, bins, inverse):
    """Matrices `(2 * rows, 2 * rows)`, whose rows alternate in parts, and `(rows, …, …)`."""
    columns, count = length // rows, -(-bins // rows)
    if rows * 4 * columns * count > _MOST:
        raise UnfitError(f"its length of {length} has no factors to transform it by")
    sign = 1 if inverse else -1
    row, column = np.arange(rows), np.arange(columns)
    cosine, sine = _circle(sign * np.outer(row, row), rows)
    first = np.stack([np.hstack([cosine, -sine]), np.hstack([sine, cosine])], 1)
    bin_number = row[:, None, None] + rows * np.arange(count)  # (row, 1, bin)
    cosine, sine = _circle(sign * column[:, None] * bin_number, length)
    second = np.block([[cosine, sine], [-sine, cosine]]) / (length if inverse else 1)
    return first.reshape(2 * rows, 2 * rows).astype("float32"), second.astype("float32")


def _circle(numerator, denominator):
    angles = 2 * np.pi * (numerator % denominator) / denominator
    return np.cos(angles), np.sin(angles)
