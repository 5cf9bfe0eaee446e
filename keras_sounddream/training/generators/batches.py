"""Batches of pictures, with a random latent for each."""

import numpy as np

from keras_sounddream.applications.generators.latents import on_sphere
from keras_sounddream.applications.generators.pictures import to_unit
from keras_sounddream.errors import InputError
from keras_sounddream.training.step_batches import StepBatches
from keras_sounddream.types import Array


class PictureBatches(StepBatches):
    """Batches of equal size, in another order each epoch; the rest of an epoch is left out.

    Args:
        pictures: uint8 `(count, rows, columns, channels)`.
        batch_size: pictures, and latents, of each batch.
        latent_size: numbers of a latent.
        epochs: passes over the pictures.
        flip: whether every second picture is mirrored, by chance.
        seed: of everything random.
        paired: whether the pictures themselves are targets, as of an autoencoder.

    Raises:
        InputError: if there are fewer pictures than one batch holds.
    """

    def __init__(
        self,
        pictures: Array,
        batch_size: int,
        latent_size: int,
        epochs: int = 1,
        flip: bool = False,
        seed: int = 0,
        paired: bool = False,
    ) -> None:
        super().__init__(epochs, seed)
        if len(pictures) < batch_size:
            raise InputError(
                f"Expected {batch_size} pictures or patches, a batch, or more. "
                f"Received: {len(pictures)}. Give more, or a smaller batch size."
            )
        self.pictures, self.batch_size, self.latent_size = pictures, batch_size, latent_size
        self.flip, self.paired = flip, paired

    @property
    def steps_per_epoch(self) -> int:
        return len(self.pictures) // self.batch_size

    def batch(self, step: int) -> tuple:
        """`({"picture": …, "latent": …},)` in [-1, 1]; or, paired, the pictures twice."""
        epoch, number = self.position(step)
        chosen = self.order(epoch, len(self.pictures))[number * self.batch_size :]
        pictures = to_unit(self.pictures[chosen[: self.batch_size]])
        rng = np.random.default_rng((self.seed or 0, 1, int(step)))
        if self.flip:
            mirrored = rng.random(len(pictures)) < 0.5
            pictures[mirrored] = pictures[mirrored, :, ::-1]
        if self.paired:
            return pictures, pictures
        latents = on_sphere(rng.normal(size=(self.batch_size, self.latent_size)))
        return ({"picture": pictures, "latent": latents},)
