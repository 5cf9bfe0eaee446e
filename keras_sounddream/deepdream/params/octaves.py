"""Scales of the coarse-to-fine ascent.

An octave draws the change of the spectrogram on a grid that is coarser than the spectrogram, in
time and in frequency. The sound itself is never resized: the objective is read off the sound
that will be played, at every octave.
"""

import tensorflow as tf


def factors(octaves, time_factor, frequency_factor):
    """Lists how much coarser each octave's grid is.

    Args:
        octaves: int, how many.
        time_factor: float, from one octave to the next along time.
        frequency_factor: float, likewise along frequency.

    Returns:
        list of `(time, frequency)`, coarsest first; the last is `(1.0, 1.0)`, the spectrogram's
        own grid.

    Example:
        >>> factors(3, 2.0, 1.5)
        [(4.0, 2.25), (2.0, 1.5), (1.0, 1.0)]
    """
    return [(time_factor**k, frequency_factor**k) for k in reversed(range(octaves))]


def coarsen(spectrogram, time, frequency):
    """Averages a spectrogram over the cells of a coarser grid and interpolates between them.

    Args:
        spectrogram: float32 `(batch, frames, bins)`.
        time: float scalar, frames a cell.
        frequency: float scalar, bins a cell.

    Returns:
        float32 `(batch, frames, bins)`; where both are 1, the spectrogram as it is. A grid has
        at least one cell, however short the sound.
    """
    size = tf.shape(spectrogram)[1:]
    cells = tf.cast(size, "float32") / tf.stack([time, frequency])
    cells = tf.maximum(tf.cast(tf.round(cells), "int32"), 1)

    def through_grid():
        images = spectrogram[..., tf.newaxis]
        images = tf.image.resize(images, cells, "area")
        return tf.image.resize(images, size, "bilinear")[..., 0]

    return tf.cond(tf.reduce_all(cells == size), lambda: spectrogram, through_grid)
