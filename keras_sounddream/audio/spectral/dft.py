"""The Fourier transform of real frames, and its transpose, in matrix products.

A length with two factors, `rows * columns`, is transformed in two stages, as a fast Fourier
transform is: along the rows first, then along the columns. The matrices of 960 samples are a
seventh of those of a single stage, and so small that both are read from the cache. Other lengths
take one stage, of frames that are folded into an even half, which is all that a cosine sees, and
an odd one, which is all that a sine sees.

Time counts from the middle of a frame.
"""

import functools
import math

import keras
import numpy as np
from keras import ops

from keras_sounddream.types import Tensor

_WORTH = 3  # times as many multiplications in one stage; moving numbers about takes time too


def forward(framed: Tensor, fft_length: int) -> tuple[Tensor, Tensor]:
    """Fourier transform of frames: `(real, imaginary)`, each `(batch, frames, bins)`.

    Frames `(batch, frames, samples)` have at most `fft_length` samples, the first of which is 0,
    as under a periodic window.
    """
    length = framed.shape[-1]
    rows = _rows(length, fft_length)
    return (_forward_staged if rows else _forward_folded)(framed, (length, fft_length, rows))


def transposed(real: Tensor, imaginary: Tensor, fft_length: int, length: int) -> Tensor:
    """The transpose of `forward`: its gradient and, with weights on the bins, its inverse.

    Returns `(batch, frames, length)`; the first sample of a frame is meaningless.
    """
    rows = _rows(length, fft_length)
    back = _transposed_staged if rows else _transposed_folded
    return back(real, imaginary, (length, fft_length, rows))


def inverse(real: Tensor, imaginary: Tensor, fft_length: int, length: int) -> Tensor:
    """Frames `(batch, frames, length)` of their Fourier transform, but for their first sample."""
    share = np.full(fft_length // 2 + 1, 2 / fft_length)  # a bin stands for its mirror image too
    share[0] /= 2
    share[-1] /= 1 + (fft_length % 2 == 0)
    (share,) = _tensors([share], real)
    return transposed(real * share, imaginary * share, fft_length, length)


def columns_of(framed: Tensor, start: int, width: int) -> Tensor:
    """A slice of the last axis; its gradient is a pad, which every runtime has."""
    batch, num_frames = ops.shape(framed)[0], ops.shape(framed)[1]
    return ops.slice(framed, (0, 0, start), (batch, num_frames, width))


def _rows(length, fft_length):
    """Rows of the first stage, or 0 for a single stage."""
    fits = [rows for rows in range(2, math.isqrt(fft_length) + 1) if fft_length % rows == 0]
    if not fits:
        return 0
    rows = fits[-1]
    num_bins = fft_length // 2 + 1
    staged = 2 * fft_length * rows + 4 * fft_length * -(-num_bins // rows)
    return rows if staged * _WORTH <= length * num_bins else 0


def _tensors(matrices, like):
    dtype = keras.backend.standardize_dtype(like.dtype)
    return [ops.convert_to_tensor(matrix, dtype) for matrix in matrices]


def _forward_staged(framed, plan):
    length, fft_length, rows = plan
    first, second = _tensors(_stages(*plan), framed)
    batch, num_frames = ops.shape(framed)[0], ops.shape(framed)[1]
    columns, bins = fft_length // rows, second.shape[-1] // 2
    if length < fft_length:
        framed = ops.pad(framed, ((0, 0), (0, 0), (0, fft_length - length)))
    x = ops.matmul(first, ops.reshape(framed, (-1, rows, columns)))  # frame, (row, part), column
    x = ops.transpose(ops.reshape(x, (-1, rows, 2 * columns)), (1, 0, 2))  # of whole rows: quick
    x = ops.matmul(x, second)  # row, frame, (part, bin)
    x = ops.transpose(ops.reshape(x, (rows, -1)))  # one plain matrix, the quickest to turn
    x = ops.reshape(x, (-1, 2 * bins, rows))
    parts = (ops.slice(x, (0, i * bins, 0), (ops.shape(x)[0], bins, rows)) for i in range(2))
    parts = (ops.reshape(part, (batch, num_frames, bins * rows)) for part in parts)
    return tuple(columns_of(part, 0, fft_length // 2 + 1) for part in parts)


def _transposed_staged(real, imaginary, plan):
    length, fft_length, rows = plan
    first, second = _tensors([np.swapaxes(part, -1, -2) for part in _stages(*plan)], real)
    batch, num_frames = ops.shape(real)[0], ops.shape(real)[1]
    columns, bins = fft_length // rows, second.shape[-2] // 2
    beyond = ((0, 0), (0, 0), (0, bins * rows - fft_length // 2 - 1))
    parts = [ops.reshape(ops.pad(p, beyond), (-1, bins, rows)) for p in (real, imaginary)]
    x = ops.transpose(ops.reshape(ops.concatenate(parts, axis=1), (-1, rows)))
    x = ops.matmul(ops.reshape(x, (rows, -1, 2 * bins)), second)  # row, frame, (part, column)
    x = ops.reshape(ops.transpose(x, (1, 0, 2)), (-1, 2 * rows, columns))
    x = ops.matmul(first, x)  # frame, row, column
    return columns_of(ops.reshape(x, (batch, num_frames, fft_length)), 0, length)


def _forward_folded(framed, plan):
    length, fft_length, _ = plan
    cosine, sine = _tensors(_tables(length, fft_length), framed)
    half, rest = length // 2, (length - 1) // 2  # the middle sample of an even length has no twin
    earlier = columns_of(framed, 1, half)
    later = ops.flip(columns_of(framed, half + 1, rest), axis=-1)
    later = ops.pad(later, ((0, 0), (0, 0), (0, half - rest)))
    return ops.matmul(earlier + later, cosine), ops.matmul(later - earlier, sine)


def _transposed_folded(real, imaginary, plan):
    length, fft_length, _ = plan
    cosine, sine = _tensors([part.T for part in _tables(length, fft_length)], real)
    even, odd = ops.matmul(real, cosine), ops.matmul(imaginary, sine)
    later = ops.flip(columns_of(even + odd, 0, (length - 1) // 2), axis=-1)
    return ops.pad(ops.concatenate([even - odd, later], axis=-1), ((0, 0), (0, 0), (1, 0)))


@functools.lru_cache(maxsize=16)
def _stages(length, fft_length, rows):
    """Matrices `(2 * rows, rows)` and `(rows, 2 * columns, 2 * bins)` of the two stages."""
    columns, bins = fft_length // rows, -(-(fft_length // 2 + 1) // rows)
    row, column = np.arange(rows), np.arange(columns)
    first = np.stack(_circle(-2 * np.outer(row, row), 2 * rows), axis=1)  # row, part, row
    bin_number = row[:, None, None] + rows * np.arange(bins)  # row, 1, bin
    cosine, sine = _circle(-(2 * column[:, None] - length) * bin_number, 2 * fft_length)
    second = np.block([[cosine, sine], [-sine, cosine]])  # row, (part, column), (part, bin)
    return first.reshape(2 * rows, rows).astype("float32"), second.astype("float32")


@functools.lru_cache(maxsize=16)
def _tables(length, fft_length):
    """Cosines and sines `(length // 2, fft_length // 2 + 1)` of a folded frame."""
    samples, bins = np.arange(1, length // 2 + 1), np.arange(fft_length // 2 + 1)
    cosine, sine = _circle(np.outer(2 * samples - length, bins), 2 * fft_length)
    return cosine.astype("float32"), sine.astype("float32")


def _circle(numerator, denominator):
    """Cosine and sine of a share of a turn; of integers, so that the angle is exact."""
    angles = 2 * np.pi * (numerator % denominator) / denominator
    return np.cos(angles), np.sin(angles)
