"""Checks of a network: whether it is functional, and whether it takes sounds or pictures."""

from typing import Any

import keras

from keras_sounddream.deepdream.network.calls import name_of
from keras_sounddream.errors import InputError


def takes_pictures(model: keras.Model) -> bool:
    """Tells whether a model takes pictures `(batch, height, width, 3)`."""
    shape = model.inputs[0].shape
    return len(shape) == 4 and shape[-1] == 3


def takes_sounds(model: keras.Model) -> bool:
    """Tells whether a model takes waveforms `(batch, samples)` or `(batch, samples, 1)`."""
    shape = model.inputs[0].shape
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] == 1)


def check_network(model: Any) -> None:
    """Raises an `InputError` unless `model` is a functional Keras model with one input."""
    check_functional(model)
    if len(model.inputs) != 1:
        names = ", ".join(map(name_of, model.inputs))
        raise InputError(
            f"Expected a model with one input. {model.name} has {len(model.inputs)}, {names}: hold "
            "all but one constant, by DeepDream(…, constants={name: value})."
        )


def check_functional(model: Any) -> None:
    """Raises an `InputError` unless `model` is a functional Keras model."""
    if not isinstance(model, keras.Model):
        raise InputError(f"Expected a keras.Model to dream with. Received: {model!r}")
    try:
        len(model.inputs)
    except (AttributeError, TypeError):  # a subclass, or a Sequential that is not built
        raise InputError(
            f"Expected a functional model. {model.name} has no known inputs: begin it with a "
            "keras.Input, or make it of layers with keras.Model(inputs, outputs)."
        ) from None
