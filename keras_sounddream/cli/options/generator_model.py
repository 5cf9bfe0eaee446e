"""Generators of pictures and patches of sounds, as a command names them: keys and files."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING

from keras_sounddream.applications import keras_files
from keras_sounddream.applications.generators.pretrained import PRETRAINED
from keras_sounddream.cli.options.common import quietly
from keras_sounddream.errors import InputError

if TYPE_CHECKING:
    from keras_sounddream.applications.generators import Generator


def is_generator(name: str) -> bool:
    """Whether a name is a generator's, an autoencoder's, or that of another model with one in it.

    Raises:
        InputError: if it is a `.keras` file that cannot be read.
    """
    if name.endswith(".keras"):
        return keras_files.names_class(name, "Generator")
    return is_weights(name)


def is_weights(name: str) -> bool:
    """Whether a name is a key of a generator's pretrained weights, or a file of weights alone."""
    return name in PRETRAINED or name.endswith(".npz")


def check_generator(name: str) -> None:
    """Checks that a name is a key, or a file that may hold a generator.

    Raises:
        InputError: if it is not, or there is no such file.
    """
    if name in PRETRAINED:
        return
    if not name.endswith((".keras", ".npz")):
        keys = ", ".join(PRETRAINED)
        raise InputError(f"Expected {keys}, or a .keras or .npz file. Received: {name}")
    if not pathlib.Path(name).is_file():
        raise InputError(f"Cannot read the generator {name}: there is no such file.")


def check_no_weights(name: str, weights: str | None) -> None:
    """Checks that a generator gets no `--weights`, which it has by itself."""
    if weights is not None:
        raise InputError(f"The generator {name} has its weights: leave --weights out.")


def load_generator(name: str) -> Generator:
    """The generator of a key of pretrained weights, or of a file.

    Raises:
        InputError: if there is none.
    """
    with quietly():
        from keras_sounddream.applications.generators import load_generator

        return load_generator(name)
