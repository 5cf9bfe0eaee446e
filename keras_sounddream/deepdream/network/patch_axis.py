"""Layers whose batch axis holds parts of examples, such as the patches of a sound.

A layer that puts the parts of its examples on the batch axis, so that each goes through the network
by itself, has an attribute `splits_examples`, `True`; one that joins them again has it `False`. A
dream scores whole examples, so it joins them, too.
"""

import keras
from keras import ops

from keras_sounddream.deepdream.network.calls import calls_of
from keras_sounddream.types import Tensor


def layers_of_parts(model: keras.Model) -> set[str]:
    """Names of the calls of layers whose first axis is that of parts, not of examples."""
    names: set[str] = set()
    for name, call in calls_of(model).items():
        inherited = bool(names & set(call.sources))
        if getattr(call.layer, "splits_examples", inherited):
            names.add(name)
    return names


def join_parts(activation: Tensor, num_examples: Tensor) -> Tensor:
    """Joins each example's parts along the first axis of positions, made where there is none.

    From `(num_examples * parts, positions, …, channels)` to
    `(num_examples, parts * positions, …, channels)`.
    """
    rest = activation.shape[2:] if len(activation.shape) > 2 else activation.shape[1:]
    return ops.reshape(activation, (num_examples, -1, *rest))
