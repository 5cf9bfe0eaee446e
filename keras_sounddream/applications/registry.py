"""Models by name: of a constructor, of its family, or of a `.keras` file."""

import importlib
import types
from typing import Any

import keras

from keras_sounddream.applications import keras_files
from keras_sounddream.applications.pretrained import find_constructor
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.types import PathLike


def load_model(
    name: str, weights: PathLike | None = None, trained: bool = True
) -> tuple[keras.Model, types.ModuleType | None]:
    """Builds a model of the zoo, or reads one from a file.

    Args:
        name: a name that `find` knows, or a path ending in `.keras`.
        weights: key of pretrained weights or path; `None` for the family's default.
        trained: `False` for a model of the zoo without weights.

    Returns:
        `(model, family)`; `family` is the module, or `None` for a file.

    Raises:
        InputError: if there is no such model, or its weights do not fit.
    """
    if name.endswith(".keras"):
        return read_model(name, weights), None
    arguments = {} if weights is None and trained else {"weights": weights}
    return build(name, **arguments)


def read_model(path: PathLike, weights: PathLike | None = None) -> keras.Model:
    """The model of a `.keras` file, with `weights` in place of its own if given; runs no code."""
    model = keras_files.read_model(path)
    if weights is not None:
        _weight_files().load(model, _weight_files().pretrained_path(weights, {}))
    return model


def build(name: str, **arguments: Any) -> tuple[keras.Model, types.ModuleType]:
    """Builds a model by its name; a file of weights with labels settles the number of classes.

    Args:
        name: a name that `find` knows.
        **arguments: of the constructor; `weights` that `save_weights` or `sounddream finetune`
            wrote carry their labels, and are read as those of one class per sound (softmax).

    Returns:
        `(model, family)`: the model and the module of its family.

    Raises:
        InputError: if there is no such model, or the arguments do not fit.
    """
    name, family = find(name)
    weights = arguments.get("weights")
    labels = None if weights is None else _weight_files().stored_labels(weights)
    if labels is not None:
        arguments = {"classes": len(labels), "classifier_activation": "softmax", **arguments}
    return getattr(family, name)(**arguments), family


def save_weights(model: keras.Model, path: PathLike, overwrite: bool = False) -> None:
    """Writes a model's weights, and its labels with them, in 16 bits.

    Args:
        model: `keras.Model`, with `labels` or without.
        path: ends in `.npz`; constructors take it as `weights`.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if `path` has another ending or may not be written.
    """
    if not str(path).endswith(".npz"):
        raise InputError(f"Expected weights to write as .npz. Received: {path}")
    with written_beside(path, overwrite) as temporary:
        _weight_files().save(model, temporary, labels=getattr(model, "labels", None))


def find(name: str) -> tuple[str, types.ModuleType]:
    """Finds a constructor by its name or its family's.

    Args:
        name: such as `"LogMelCNN"` or `"log_mel_cnn"`.

    Returns:
        `(constructor, family)`: the constructor's name and the module of its family.

    Raises:
        InputError: if there is none, with the nearest names.
    """
    constructor, family = find_constructor(name)
    return constructor, importlib.import_module(f"keras_sounddream.applications.{family}")


def _weight_files():
    """The module that reads and writes files of weights: imported only for those."""
    from keras_sounddream.applications import weights

    return weights
