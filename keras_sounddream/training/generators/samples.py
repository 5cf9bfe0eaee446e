"""Grids of a generator's samples while it is trained, for TensorBoard and as a GIF."""

import pathlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.applications.generators.generator import Generator
from keras_sounddream.audio.spectrogram_image import palette
from keras_sounddream.files import keep_folder, written_beside
from keras_sounddream.images.grid import grid
from keras_sounddream.training.classifier import averaged
from keras_sounddream.training.generators.batches import to_pixels
from keras_sounddream.types import Array

COLUMNS, ROWS = 7, 4  # as New Deep Dreams had them
_FRAME_MS = 250
_CALIBRATIONS, _PER_CALIBRATION = 8, 128


class Samples(keras.callbacks.Callback):
    """Writes a grid of samples of the averaged generator after some epochs; a GIF of all at last.

    Args:
        folder: for `samples/epoch_000010.png` …, `samples/progress.gif` and TensorBoard's images.
        generator_of: function from the model that is trained to its `Generator`.
        every: epochs.
        last: epoch after which a grid is made in any case.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        generator_of: Callable[[keras.Model], Generator],
        every: int,
        last: int,
    ) -> None:
        super().__init__()
        self.folder, self.generator_of = folder, generator_of
        self.every, self.last = every, last

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        done = epoch + 1
        if done % self.every and done != self.last:
            return
        generator = self.generator_of(self.model)
        with averaged(self.model):
            calibrate(generator)
            picture = sample_grid(generator, generator.draw(COLUMNS * ROWS), COLUMNS)
        path = keep_folder(self.folder / "samples") / f"epoch_{done:06d}.png"
        _save(path, [picture])
        with tf.summary.create_file_writer(str(self.folder / "tensorboard")).as_default(step=done):
            tf.summary.image("samples", picture[np.newaxis])
        if done == self.last:
            write_progress(self.folder / "samples")


def calibrate(generator: keras.Model) -> None:
    """Takes the moments of batch normalisations anew, for weights that were just averaged."""
    for number in range(_CALIBRATIONS):
        generator(generator.draw(_PER_CALIBRATION, number), training=True)


def sample_grid(generator: Generator, latents: Array, columns: int) -> Array:
    """Samples side by side: uint8 `(height, width, 3)`; patches in the colours of spectrograms."""
    return grid(as_colours(to_pixels(generator.generate(latents, raw=True))), columns)


def as_colours(pixels: Array) -> Array:
    """uint8 pictures as they are; patches `(…, 1)` with time to the right and colours."""
    if pixels.shape[-1] != 1:
        return pixels
    return palette()[pixels[..., 0].transpose(0, 2, 1)[:, ::-1]]


def write_progress(folder: pathlib.Path) -> None:
    """Joins the grids in a folder, in the order of their epochs, to `progress.gif`."""
    from PIL import Image

    frames = []
    for path in sorted(folder.glob("epoch_*.png")):
        with Image.open(path) as image:
            frames.append(np.asarray(image.convert("RGB")))
    _save(folder / "progress.gif", frames)


def _save(path, frames):
    from PIL import Image

    images = [Image.fromarray(frame) for frame in frames]
    more = {"save_all": True, "append_images": images[1:], "duration": _FRAME_MS, "loop": 0}
    with written_beside(path, overwrite=True) as temporary:
        images[0].save(temporary, **(more if path.suffix == ".gif" else {}))
