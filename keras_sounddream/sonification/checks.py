"""Checks of the layers to sonify."""

from collections.abc import Sequence

import keras

from keras_sounddream.deepdream.network.lookup import output_shape
from keras_sounddream.deepdream.network.sizes import first_empty
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array


def check_layers(model: keras.Model, layers: Sequence[str]) -> list[str]:
    """Names of the layers, each once; an `InputError` if one is unknown or has too many axes."""
    if not isinstance(layers, list | tuple) or not layers:
        raise InputError(f"Expected a list of layer names. Received: {layers!r}")
    for name in layers:
        shape = output_shape(model, name)
        if len(shape) > 4:
            raise InputError(
                f"Layer {name!r} cannot be sonified: expected (batch, frames, bands, channels) or "
                f"fewer axes. Its output is {shape}."
            )
    return list(dict.fromkeys(layers))


def check_size(model: keras.Model, layers: Sequence[str], source: Array) -> None:
    """Refuses a batch of sounds or pictures that is too small for one of the layers."""
    shape = source.shape
    shape = (*shape, 1) if len(model.inputs[0].shape) > len(shape) else shape
    if (name := first_empty(model, layers, shape)) is not None:
        sizes = " x ".join(map(str, source.shape[1:3]))
        unit, noun = ("pixels", "picture") if source.ndim == 4 else ("samples", "sound")
        raise InputError(
            f"{sizes} {unit} are too few for layer {name!r} of {model.name}: take a larger "
            f"{noun}, or an earlier layer."
        )
