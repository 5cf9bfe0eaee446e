"""Pictures of a generator's output: pixels, colours of spectrograms, grids."""

import numpy as np

from keras_sounddream.applications.generators.generator import Generator
from keras_sounddream.audio.spectrogram_image import palette
from keras_sounddream.images.grid import grid
from keras_sounddream.types import Array

COLUMNS, ROWS = 7, 4  # of a grid, as New Deep Dreams had them


def to_unit(pixels: Array) -> Array:
    """Pixels of 0 to 255 as float32 in [-1, 1]."""
    return np.asarray(pixels, "float32") / 127.5 - 1


def to_pixels(pictures: Array) -> Array:
    """Pictures in [-1, 1] as uint8 pixels."""
    return np.clip(np.round((np.asarray(pictures) + 1) * 127.5), 0, 255).astype("uint8")


def as_colours(pixels: Array) -> Array:
    """uint8 pictures as they are; patches `(…, 1)` in colours, with time to the right."""
    if pixels.shape[-1] != 1:
        return pixels
    return palette()[pixels[..., 0].transpose(0, 2, 1)[:, ::-1]]


def draw_samples(generator: Generator, latents: Array) -> Array:
    """Pictures of latents, uint8 `(batch, height, width, 3)`; patches in colours."""
    return as_colours(to_pixels(generator.generate(latents, raw=True)))


def sample_grid(generator: Generator, latents: Array, columns: int = COLUMNS) -> Array:
    """Pictures of latents side by side: uint8 `(height, width, 3)`."""
    return grid(draw_samples(generator, latents), columns)
