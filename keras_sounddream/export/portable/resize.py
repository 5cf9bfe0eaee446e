"""An octave's grid along time, of sounds whose length only the graph knows.

`octaves.coarsen` resizes, which ONNX and LiteRT round differently; a matrix does it of one length.
Here it is gathers and sums, whose cost grows with the length and not with its square.
"""

import tensorflow as tf


def coarsen_frames(spectrogram, factor):
    """Averages frames over the cells of a coarser grid and interpolates between them.

    Args:
        spectrogram: float32 `(1, frames, bins)`.
        factor: float32 scalar, frames a cell; 1 gives the spectrogram as it is.

    Returns:
        float32 `(1, frames, bins)`, as `octaves.coarsen(spectrogram, factor, 1.0)`.
    """
    frames = tf.cast(tf.shape(spectrogram)[1], "float32")
    cells = tf.maximum(tf.round(frames / factor), 1.0)
    coarse = _averaged(spectrogram, frames, cells)
    place = (tf.range(frames) + 0.5) * (cells / frames) - 0.5  # in cells
    place = tf.clip_by_value(place, 0.0, cells - 1.0)
    before = tf.floor(place)
    first, second = _at(coarse, before), _at(coarse, tf.minimum(before + 1.0, cells - 1.0))
    result = first + (second - first) * (place - before)[:, tf.newaxis]
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


def _at(x, places, axis=1):
    return tf.gather(x, tf.cast(places, "int32"), axis=axis)
