"""Generators from files: whole models, and weights that say how to build one."""

import os
from typing import Any

from keras_sounddream.applications import keras_files, weights
from keras_sounddream.applications.generators import model as constructors
from keras_sounddream.applications.generators.generator import Generator
from keras_sounddream.applications.generators.pretrained import PRETRAINED
from keras_sounddream.applications.pretrained import weights_path
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike


def load_generator(source: PathLike) -> Generator:
    """Loads a generator.

    Args:
        source: a key of `PRETRAINED`; a `.keras` file of a `Generator`, or of an `Autoencoder`,
            whose decoder is taken; or weights, `.npz`, as `sounddream train gan` writes them.

    Returns:
        `Generator` with its weights.

    Raises:
        InputError: if there is no such file, or it holds no generator.
    """
    if not isinstance(source, str | os.PathLike):
        raise InputError(f"Expected a generator's key or file. Received: {source!r}")
    name = os.fspath(source)
    if name.endswith(".npz") or name in PRETRAINED:
        return _built(weights.stored_settings(weights_path(name, PRETRAINED)), name)
    model = keras_files.read_model(name)
    found = next((one for one in (model, *model.layers) if isinstance(one, Generator)), None)
    if found is None:
        raise InputError(f"{name} holds {model.name}, and no generator. Train one: train gan.")
    return found


def _built(settings: dict[str, Any], source: PathLike) -> Generator:
    arguments = dict(settings)
    build = constructors.GENERATORS.get(arguments.pop("family", None))
    if build is None:
        raise InputError(f"{source} holds weights of something else, not of a generator.")
    try:
        return build(**arguments, weights=source)
    except TypeError:
        raise InputError(f"The settings in {source} are damaged. Save the weights again.") from None
