"""Training of a generator, against a discriminator or behind an encoder, resumed exactly."""

import dataclasses
import functools
import pathlib
import zlib
from typing import Any

import keras
import numpy as np

from keras_sounddream.applications.generators.autoencoder import Autoencoder
from keras_sounddream.applications.generators.generator import Generator
from keras_sounddream.applications.generators.model import DISCRIMINATORS, GENERATORS
from keras_sounddream.audio.spectrogram_patches import SpectrogramPatches
from keras_sounddream.errors import InputError
from keras_sounddream.training.classifier import fit
from keras_sounddream.training.generators.batches import PictureBatches
from keras_sounddream.training.generators.gan import GAN
from keras_sounddream.training.generators.samples import Samples, calibrate
from keras_sounddream.training.generators.settings import Settings
from keras_sounddream.training.states import claim_folder
from keras_sounddream.types import Array, PathLike

_FREE = ("sample_epochs", "save_epochs")  # may be changed when a run is resumed


def train(
    pictures: Array,
    folder: PathLike,
    settings: Settings,
    patches: SpectrogramPatches | None = None,
) -> keras.Model:
    """Trains a new generator, or goes on with the one whose state is in a folder.

    A run may be killed at any moment: resumed, it ends with the weights that it would have had. The
    folder gets the states, TensorBoard's logs, grids of samples and at last a GIF of them.

    Args:
        pictures: uint8 `(count, size, size, channels)`, such as `read_folder` gives them.
        folder: for the state; an interrupted run goes on from there.
        settings: of the run.
        patches: what sounds the pictures stand for, or `None`.

    Returns:
        The `Generator`, with averaged weights; or the autoencoder around it.

    Raises:
        InputError: if the pictures are of another size or type, there are fewer than a batch holds,
            the folder holds another run or another process trains in it, or none of its states can
            be read.
    """
    _check_pictures(pictures, settings)
    paired = settings.kind == "autoencoder"
    batches = PictureBatches(
        pictures,
        settings.batch_size,
        settings.latent_size,  # type: ignore[arg-type]
        settings.epochs,
        settings.flip,
        settings.seed,
        paired,
    )
    claim_folder(folder, _identity(settings, pictures))
    path, build = pathlib.Path(folder), _autoencoder if paired else _gan
    model = fit(
        functools.partial(build, pictures.shape[1:], settings, patches),
        batches,
        folder,
        settings.seed,
        optimizer=functools.partial(_optimizer, settings),
        loss="mse" if paired else None,
        metrics=(),
        save_every=settings.save_epochs,
        callbacks=[
            keras.callbacks.TensorBoard(path / "tensorboard", write_graph=False),
            Samples(path, generator_of, settings.sample_epochs, settings.epochs),
        ],
    )
    model.optimizer.finalize_variable_values(model.trainable_variables)
    model.compiled, model.optimizer = False, None  # so that a file holds the networks alone
    generator = generator_of(model)
    if paired:
        return model
    calibrate(generator)
    return generator


def _check_pictures(pictures, settings):
    """Refuses pictures of another shape or type: they would be trained on as something else."""
    size = settings.size
    shape, kind = np.shape(pictures), getattr(pictures, "dtype", type(pictures).__name__)
    if kind != np.uint8 or len(shape) != 4 or shape[1:3] != (size, size):
        raise InputError(
            f"Expected pictures, uint8 (count, {size}, {size}, channels), as `read_folder` gives "
            f"them. Received: {kind} {shape}"
        )


def generator_of(model: keras.Model) -> Generator:
    """The generator in what is trained: a `GAN`, or an autoencoder."""
    return model.generator if isinstance(model, GAN) else model.layers[-1]


def _gan(shape, settings, patches):
    judge = DISCRIMINATORS[settings.family](shape, settings.width)
    return GAN(_generator(shape, settings, patches), judge, settings.real_label)


def _autoencoder(shape, settings, patches):
    return Autoencoder(_generator(shape, settings, patches), settings.width)


def _generator(shape, settings, patches):
    more: dict[str, Any] = {"size": settings.size, "patches": patches}
    own = {} if settings.family == "gan256" else more
    return GENERATORS[settings.family](
        latent_size=settings.latent_size, channels=shape[-1], width=settings.width, **own
    )


def _optimizer(settings):
    return keras.optimizers.Adam(
        settings.learning_rate, settings.beta, use_ema=True, ema_momentum=settings.average
    )


def _identity(settings, pictures):
    """All that tells one run from another."""
    fixed = {k: v for k, v in dataclasses.asdict(settings).items() if k not in _FREE}
    checksum = zlib.crc32(np.ascontiguousarray(pictures).tobytes())
    return {**fixed, "pictures": [*pictures.shape], "checksum": checksum}
