"""Area-downsampling and linear upsampling along time for tensors of dynamic length, for exports.

ONNX and LiteRT round the resizes of `octaves.coarsen` differently, and a resize by matrix is for
one length. Here gathers and sums do it, at a cost linear in the length.
"""

import tensorflow as tf

from keras_sounddream.types import Tensor


def coarsen_frames(spectrogram: Tensor, factor: Tensor) -> Tensor:
    """`octaves.coarsen(spectrogram, factor, 1.0)`, float32 `(1, frames, bins)`, in any runtime."""
    frames = tf.cast(tf.shape(spectrogram)[1], "float32")
    cells = tf.maximum(tf.round(frames / factor), 1.0)
    coarse = _averaged(spectrogram, frames, cells)
    position = (tf.range(frames) + 0.5) * (cells / frames) - 0.5  # in cells
    position = tf.clip_by_value(position, 0.0, cells - 1.0)
    before = tf.floor(position)
    first, second = _at(coarse, before), _at(coarse, tf.minimum(before + 1.0, cells - 1.0))
    result = first + (second - first) * (position - before)[:, tf.newaxis]
    return tf.ensure_shape(result, spectrogram.shape)


def _averaged(spectrogram, frames, cells):
    """The mean of each cell: float32 `(1, cells, bins)`."""
    width = frames / cells
    number = tf.range(cells)
    starts, ends = number * width, (number + 1.0) * width
    touched = tf.floor(starts)[:, tf.newaxis] + tf.range(tf.math.ceil(width) + 1.0)
    shared = tf.minimum(touched + 1.0, ends[:, tf.newaxis])
    shared -= tf.maximum(touched, starts[:, tf.newaxis])
    weights = tf.maximum(shared, 0.0) / width  # (cells, frames that a cell may touch)
    rows = _at(spectrogram[0], tf.minimum(touched, frames - 1.0), axis=0)
    return tf.transpose(tf.matmul(weights[:, tf.newaxis], rows), [1, 0, 2])


def _at(x, indices, axis=1):
    return tf.gather(x, tf.cast(indices, "int32"), axis=axis)
