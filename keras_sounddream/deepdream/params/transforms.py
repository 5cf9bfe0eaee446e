"""Random transforms of what is dreamed on, before each step: what a dream must survive."""

import math
from typing import Any

import keras
import tensorflow as tf

from keras_sounddream.audio.loudness import db_to_nepers, rms
from keras_sounddream.checks import check, number
from keras_sounddream.types import Tensor

_WAVES = 4  # of an equaliser's curve


class Transform(keras.layers.Layer):
    """Base of a user's own transforms: override `call`.

    A dream applies each of its `transforms` before every step, to the sound or picture and, where
    the objective compares with it, to the source, with the same seed. To save a dream, register
    the class: `@keras.saving.register_keras_serializable()`.
    """

    def call(self, image: Tensor, seed: Tensor) -> Tensor:
        """Transforms waveforms or pictures; gradients must pass.

        Args:
            image: float32 `(batch, samples)`, or `(batch, height, width, 3)` in [0, 255].
            seed: int32 `(2,)`, for `tf.random.stateless_uniform` and the like: one for each step
                of a dream, so that equal dreams draw equal numbers.

        Returns:
            float32 of the same rank.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `call(image, seed)`.")

    def compute_output_shape(self, input_shape: tuple, *args: Any) -> tuple:
        return tuple(None for _ in input_shape)


class _Random(Transform):
    """A transform of sounds with one setting, how far it may go."""

    def __init__(self, most: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.most = check("most", most, number(0.0, 60.0))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "most": self.most}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class RandomGain(_Random):
    """Makes a sound louder or softer by up to `most` dB."""

    def call(self, image: Tensor, seed: Tensor) -> Tensor:
        gain = tf.random.stateless_uniform((tf.shape(image)[0], 1), seed, -self.most, self.most)
        return image * tf.exp(db_to_nepers(gain))


@keras.saving.register_keras_serializable(package="keras_sounddream")
class RandomEqualizer(_Random):
    """Colours a sound by a smooth curve over frequency, of a standard deviation of `most` dB."""

    def call(self, image: Tensor, seed: Tensor) -> Tensor:
        spectrum = tf.signal.rfft(image)
        places = tf.linspace(0.0, math.pi, tf.shape(spectrum)[1])
        waves = tf.cos(places * tf.range(1.0, _WAVES + 1)[:, tf.newaxis])
        heights = tf.random.stateless_normal((tf.shape(image)[0], _WAVES), seed)
        curve = heights @ waves * (self.most * math.sqrt(2 / _WAVES))
        factor = tf.cast(tf.exp(db_to_nepers(curve)), spectrum.dtype)
        return tf.signal.irfft(spectrum * factor, tf.shape(image)[1:])


@keras.saving.register_keras_serializable(package="keras_sounddream")
class RandomNoise(_Random):
    """Adds white noise, `most` dB below the sound at the loudest and 30 dB more at the softest."""

    def call(self, image: Tensor, seed: Tensor) -> Tensor:
        below = self.most + tf.random.stateless_uniform((tf.shape(image)[0], 1), seed, 0.0, 30.0)
        noise = tf.random.stateless_normal(tf.shape(image), seed + 1)
        return image + noise * rms(image) * tf.exp(db_to_nepers(-below))


def stretch(image: Tensor, most: float, seed: int, step: Tensor) -> Tensor:
    """Sounds or pictures stretched by a random factor from `1 - most` to `1 + most`."""
    if not most:
        return image
    factor = tf.random.stateless_uniform((), tf.stack([seed, step + 1]), 1 - most, 1 + most)
    flat = len(image.shape) == 2
    picture = image[:, :, tf.newaxis, tf.newaxis] if flat else image
    size = tf.cast(tf.shape(picture)[1:3], "float32") * factor
    size = tf.maximum(tf.cast(tf.round(size), "int32"), 1)
    stretched = tf.image.resize(picture, size, "bilinear")
    return stretched[:, :, 0, 0] if flat else stretched
