"""Batches that hold equally many clips of every class."""

from collections.abc import Sequence

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.training.step_batches import StepBatches
from keras_sounddream.types import Array


class BalancedBatches(StepBatches):
    """Random batches with equally many clips of each class; an epoch is one step.

    Args:
        spectrograms: float32 `(clips, frames, bands)`.
        labels: class index of each clip.
        num_classes: length of a one-hot target.
        steps: how many batches there are.
        batch_size: clips at most; rounded down to a multiple of `num_classes`.
        crop_frames: frames of the random crop of each spectrogram; `None` for all of them.
        seed: of everything random.

    Raises:
        InputError: if a class has no clip or the batch is smaller than the number of classes.
    """

    steps_per_epoch = 1

    def __init__(
        self,
        spectrograms: Array,
        labels: Array,
        num_classes: int,
        steps: int,
        batch_size: int = 100,
        crop_frames: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(steps, seed)
        labels = np.asarray(labels)
        counts = np.bincount(labels, minlength=num_classes)
        if not counts.all():
            raise InputError(f"Expected clips of every class to train on. Received: {counts}")
        if batch_size < num_classes:
            raise InputError(
                f"`batch_size` must be at least {num_classes}, the number of classes. "
                f"Received: {batch_size}"
            )
        self.spectrograms, self.num_classes = spectrograms, num_classes
        self.members = [np.flatnonzero(labels == label) for label in range(num_classes)]
        self.per_class = batch_size // num_classes
        self.crop_frames = crop_frames

    def batch(self, step: int) -> tuple[Array, Array]:
        """Draws the batch of a step.

        Args:
            step: from 0.

        Returns:
            `(spectrograms, targets)`: float32 `(batch, frames, bands)` and `(batch, classes)`.
        """
        rng = np.random.default_rng((self.seed, step))
        drawn = [
            rng.choice(clips, self.per_class, replace=len(clips) < self.per_class)
            for clips in self.members
        ]
        examples = self.spectrograms[np.concatenate(drawn)]
        targets = np.repeat(np.eye(self.num_classes, dtype="float32"), self.per_class, axis=0)
        if self.crop_frames is not None and self.crop_frames < examples.shape[1]:
            starts = rng.integers(examples.shape[1] - self.crop_frames + 1, size=len(examples))
            frames = starts[:, None] + np.arange(self.crop_frames)
            examples = examples[np.arange(len(examples))[:, None], frames]
        return examples, targets


def in_batches(arrays: Sequence[Array], batch_size: int) -> list[tuple[Array, ...]]:
    """Equally long arrays cut into tuples of at most `batch_size` rows each."""
    starts = range(0, len(arrays[0]), batch_size)
    return [tuple(np.asarray(x)[i : i + batch_size] for x in arrays) for i in starts]
