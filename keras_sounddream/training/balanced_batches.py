"""Batches that hold equally many clips of every class."""

import keras
import numpy as np

from keras_sounddream.errors import InputError


class BalancedBatches(keras.utils.PyDataset):
    """Random batches, one a step; the same seed and step give the same batch.

    Args:
        spectrograms: float32 `(clips, frames, bands)`.
        labels: sequence of int, one a clip.
        num_classes: int.
        steps: int, how many batches there are.
        batch_size: int; as many of them as are equally many of each class are drawn.
        crop_frames: int, of the random piece of each spectrogram that is given; `None` for all.
        seed: int.

    Attributes:
        first_step: int, number of the batch that index 0 stands for; set it to go on.
        epochs: int, `steps`: for `classifier.fit` an epoch is a step.

    Raises:
        InputError: if a class has no clip or the batch is smaller than the number of classes.
    """

    steps_per_epoch = 1

    def __init__(
        self, spectrograms, labels, num_classes, steps, batch_size=100, crop_frames=None, seed=0
    ):
        super().__init__()
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
        self.crop_frames, self.epochs, self.seed, self.first_step = crop_frames, steps, seed, 0

    def __len__(self):
        return self.epochs - self.first_step

    def __getitem__(self, index):
        return self.batch(self.first_step + index)

    def batch(self, step):
        """Draws the batch of a step.

        Args:
            step: int.

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
            places = starts[:, None] + np.arange(self.crop_frames)
            examples = examples[np.arange(len(examples))[:, None], places]
        return examples, targets


def in_batches(arrays, batch_size):
    """Cuts arrays into the batches to measure with.

    Args:
        arrays: tuple of arrays, equally long.
        batch_size: int, at most.

    Returns:
        list of tuples of arrays.
    """
    starts = range(0, len(arrays[0]), batch_size)
    return [tuple(np.asarray(x)[i : i + batch_size] for x in arrays) for i in starts]
