"""Activations of examples that objectives are made of: guides, styles and targets."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import ops

from keras_sounddream.deepdream.network.checks import check_network
from keras_sounddream.deepdream.network.lookup import find_call
from keras_sounddream.deepdream.network.patch_axis import join_parts, layers_of_parts
from keras_sounddream.deepdream.network.sizes import first_empty
from keras_sounddream.deepdream.objectives.objective import term
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array


def reader(model: keras.Model, layers: Sequence[str]) -> Callable[[Array], dict[str, Array]]:
    """Function from an example to the activations of layers, which it checks first, as NumPy."""
    check_network(model)
    if not isinstance(layers, list | tuple) or not layers:
        raise InputError(f"Expected a list of layer names. Received: {layers!r}")
    for name in layers:
        term("layer", name).check(model)
    outputs = {name: find_call(model, name).output for name in layers}
    network = keras.Model(model.inputs[0], outputs)
    of_parts, checked = layers_of_parts(model) & set(layers), set()

    def read(example):
        if example.shape not in checked:
            _check_size(model, layers, example)
            checked.add(example.shape)
        activations = network(example, training=False)
        activations |= {name: join_parts(activations[name], 1) for name in of_parts}
        return {
            name: ops.convert_to_numpy(ops.cast(values, "float32"))
            for name, values in activations.items()
        }

    return read


def _check_size(model, layers, example):
    """Refuses an example that is too small for a layer; a front end says itself what it takes."""
    is_picture = example.ndim == 4
    if is_picture and (name := first_empty(model, layers, example.shape)) is not None:
        rows, columns = example.shape[1:3]
        raise InputError(
            f"Layer {name!r} outputs nothing for an example of {rows} x {columns} pixels: take a "
            "larger picture, or an earlier layer."
        )


def examples_of(batch: Array) -> list[Array]:
    """The examples of a batch, each with a batch axis."""
    return np.split(batch, len(batch))
