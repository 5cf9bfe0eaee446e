"""Transforms of what is dreamed on, before each step: what a dream must survive."""

from typing import Any

import keras
import tensorflow as tf

from keras_sounddream.types import Tensor


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
