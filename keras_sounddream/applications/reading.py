"""Models by the names that a command is given: of the zoo, or of a file."""

import os

import keras

from keras_sounddream import applications
from keras_sounddream.applications import _weights
from keras_sounddream.errors import InputError


def load_model(name, weights=None, trained=True):
    """Builds a model of the zoo, or reads one from a file.

    Args:
        name: str, as of `applications.find`, or path ending in `.keras`.
        weights: str, key of pretrained weights or path; `None` for the family's default.
        trained: bool; `False` for a model of the zoo without weights, whether they are at hand or
            not.

    Returns:
        `(model, family)`; `family` is the module, or `None` for a file.

    Raises:
        InputError: if there is no such model, or its weights do not fit.
    """
    if name.endswith(".keras"):
        return read_model(name, weights), None
    arguments = {} if weights is None and trained else {"weights": weights}
    return applications.build(name, **arguments)


def read_model(path, weights=None):
    """Reads a model from a file, without running any code that is in it.

    Args:
        path: str or path, ending in `.keras`.
        weights: path of weights to put into it, or `None` for its own.

    Returns:
        `keras.Model`.

    Raises:
        InputError: if it cannot be read, or the weights do not fit.
    """
    if not os.path.isfile(path):
        raise InputError(f"Cannot read {path} as a Keras model: there is no such file.")
    try:
        model = keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"Cannot read {path} as a Keras model: {reason}") from None
    if weights is not None:
        _weights.load(model, _weights.pretrained_path(weights, {}))
    return model
