"""Grids of a generator's samples while it is trained, for TensorBoard and as a GIF."""

import pathlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.applications.generators.generator import Generator
from keras_sounddream.applications.generators.pictures import COLUMNS, ROWS, sample_grid
from keras_sounddream.files import keep_folder
from keras_sounddream.images.io import save_picture
from keras_sounddream.images.movement import save_animation
from keras_sounddream.training.classifier import averaged

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
            picture = sample_grid(generator, generator.draw(COLUMNS * ROWS))
        path = keep_folder(self.folder / "samples") / f"epoch_{done:06d}.png"
        save_picture(path, picture, overwrite=True)
        with tf.summary.create_file_writer(str(self.folder / "tensorboard")).as_default(step=done):
            tf.summary.image("samples", picture[np.newaxis])
        if done == self.last:
            write_progress(self.folder / "samples")


def calibrate(generator: keras.Model) -> None:
    """Takes the moments of batch normalisations anew, for weights that were just averaged."""
    for number in range(_CALIBRATIONS):
        generator(generator.draw(_PER_CALIBRATION, number), training=True)


def write_progress(folder: pathlib.Path) -> None:
    """Joins the grids in a folder, in the order of their epochs, to `progress.gif`."""
    from PIL import Image

    frames = []
    for path in sorted(folder.glob("epoch_*.png")):
        with Image.open(path) as image:
            frames.append(np.asarray(image.convert("RGB")))
    save_animation(folder / "progress.gif", frames, overwrite=True)
