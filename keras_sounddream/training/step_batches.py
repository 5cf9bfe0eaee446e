"""Base class of training batches that are drawn by a seed and the number of the step."""

import abc
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_sounddream.checks import check, optional
from keras_sounddream.checks import seed as allowed_seed

if TYPE_CHECKING:
    import tensorflow as tf


class StepBatches(keras.utils.PyDataset, abc.ABC):
    """Batches by the number of their step: the same seed and step give the same batch.

    So an interrupted run goes on with the batches that it would have had, and each of several
    workers makes the same ones. `keras.Model.fit` takes them as they are.

    A subclass defines `batch` and `steps_per_epoch`.

    Args:
        epochs: passes over the data; their steps are numbered through, from 0.
        seed: of everything random, 0 or more; `None` for the data in their order.

    Raises:
        InputError: if the seed is negative, or has more than 31 bits.

    Attributes:
        first_step: int, number of the step that index 0 stands for; set it to go on.
    """

    def __init__(self, epochs: int = 1, seed: int | None = 0) -> None:
        super().__init__()
        self.epochs, self.first_step = epochs, 0
        self.seed = check("seed", seed, optional(allowed_seed(negative=False)))

    @property
    @abc.abstractmethod
    def steps_per_epoch(self) -> int:
        """Steps of a pass over the data."""

    @abc.abstractmethod
    def batch(self, step: int) -> tuple[Any, ...]:
        """Draws the batch of a step.

        Args:
            step: from 0, counted through all epochs.

        Returns:
            `(inputs, targets)` or `(inputs, targets, weights)`: arrays, or dicts of arrays.
        """

    def __len__(self) -> int:
        return self.epochs * self.steps_per_epoch - self.first_step

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return self.batch(self.first_step + index)

    def position(self, step: int) -> tuple[int, int]:
        """Epoch of a step, and the number of the step in it."""
        return divmod(int(step), self.steps_per_epoch)

    def order(self, epoch: int, count: int) -> np.ndarray:
        """Numbers of `count` items in the order of an epoch: int64 `(count,)`."""
        if self.seed is None:
            return np.arange(count)
        return np.random.default_rng((self.seed, epoch)).permutation(count)

    def dataset(self, first_step: int = 0, num_steps: int | None = None) -> "tf.data.Dataset":
        """Gives the batches one after the other, prepared while others are trained on.

        Args:
            first_step: to go on from.
            num_steps: how many; `None` for no end.

        Returns:
            `tf.data.Dataset` of what `batch` gives.
        """
        import tensorflow as tf

        example = self.batch(first_step)
        arrays = tf.nest.flatten(example)

        def batch(step):
            flat = tf.numpy_function(
                lambda step: tf.nest.flatten(self.batch(step)), [step], [x.dtype for x in arrays]
            )
            for tensor, array in zip(flat, arrays, strict=True):
                tensor.set_shape(self._static_shape(array))
            return tf.nest.pack_sequence_as(example, flat)

        last = tf.int64.max if num_steps is None else first_step + num_steps
        steps = tf.data.Dataset.range(first_step, last)
        return steps.map(batch, tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)

    def _static_shape(self, array):
        """The shape that an array has in every batch, `None` for a length that varies."""
        return array.shape
