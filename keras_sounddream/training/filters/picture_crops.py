"""Crops of pictures at varied sizes and contrasts: the batch of a step, by its number."""

import numpy as np

from keras_sounddream.images.io import cut_square
from keras_sounddream.images.pixel_range import WHITE
from keras_sounddream.training.filters.crops import StepCrops
from keras_sounddream.training.transfer.picture_batches import StoredPictures
from keras_sounddream.types import Array

_CONTRAST = (0.7, 1.3)  # range of a crop's change of contrast, about its middle grey
_BRIGHTNESS = (-25.0, 25.0)  # the same of its brightness, levels


class PictureCrops(StepCrops):
    """Batches of square crops of pictures; the same seed and step give the same batch.

    A crop is as large as the stored picture, or smaller, down to its own size: drawn at random,
    resized, and flipped left to right half of the time.

    Args:
        pictures: the stored ones.
        pixels: height and width of a crop.
        batch_size: crops per step.
        steps: of the whole run.
        steps_per_epoch: after which a state is saved.
        seed: 0 or more.
    """

    def __init__(
        self,
        pictures: StoredPictures,
        pixels: int,
        batch_size: int,
        steps: int,
        steps_per_epoch: int,
        seed: int = 0,
    ) -> None:
        super().__init__(batch_size, steps, steps_per_epoch, seed)
        self.pictures, self.pixels = pictures, pixels

    def _draw(self, rng: np.random.Generator) -> Array:
        picture = self.pictures[rng.integers(len(self.pictures))]
        side = len(picture)
        part = round(side * (min(self.pixels, side) / side) ** rng.random())
        corner = rng.integers(0, side - part + 1, 2).tolist()
        crop = cut_square(picture, corner, part, self.pixels).astype("float32")
        crop = crop[:, ::-1] if rng.random() < 0.5 else crop
        middle = WHITE / 2
        changed = middle + (crop - middle) * rng.uniform(*_CONTRAST) + rng.uniform(*_BRIGHTNESS)
        return np.clip(changed, 0, WHITE).astype("float32")
