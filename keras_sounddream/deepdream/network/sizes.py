"""Inputs that are too small for a layer: it would output nothing."""

from collections.abc import Iterable

import keras

from keras_sounddream.deepdream.network.lookup import find_call


def first_empty(model: keras.Model, layers: Iterable[str], input_shape: tuple) -> str | None:
    """Name of the first of some layers that outputs nothing for an input of a shape, or `None`."""
    return next((name for name in layers if not outputs_something(model, name, input_shape)), None)


def outputs_something(model: keras.Model, layer: str, input_shape: tuple) -> bool:
    """Whether a layer outputs something for an input of a shape, with its batch axis."""
    network = keras.Model(model.inputs[0], find_call(model, layer).output)
    try:
        shape = network.compute_output_shape(tuple(input_shape))
    except ValueError:
        return False
    return all(size is None or size > 0 for size in shape)
