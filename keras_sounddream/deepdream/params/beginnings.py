"""Beginnings of an ascent: the source, noise, or both."""

import tensorflow as tf

from keras_sounddream.audio.loudness import rms
from keras_sounddream.deepdream.settings import Settings
from keras_sounddream.images.pixel_range import WHITE
from keras_sounddream.types import Tensor

_BESIDE = 0.1  # of noise beside the source: -20 dB


def beginning(source: Tensor, settings: Settings) -> Tensor:
    """Beginning of an ascent on sounds or pictures, by the setting `begin_with`.

    Noise is white and as loud as a sound; of pictures, pixels from 127 to 153. Beside a source it
    is a tenth of that, about its mean.

    Args:
        source: float32 `(batch, samples)` or `(batch, height, width, 3)`.
        settings: `begin_with` and `seed` are read.

    Returns:
        float32 of the same shape.
    """
    if settings.begin_with == "source":
        return source
    noise, mean = _noise(source, settings.seed)
    if settings.begin_with == "noise":
        return noise
    return source + _BESIDE * (noise - mean)


def _noise(source, seed):
    """Noise of the shape of a batch, and the mean of its distribution."""
    shape, seeds = tf.shape(source), tf.stack([seed, 1])
    if len(source.shape) == 2:
        drawn = tf.random.stateless_normal(shape, seeds)
        return drawn * (rms(source) / rms(drawn)), 0.0
    return WHITE * (0.5 + 0.1 * tf.random.stateless_uniform(shape, seeds)), WHITE * 0.55
