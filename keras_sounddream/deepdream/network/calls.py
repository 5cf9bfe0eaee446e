"""Calls of a model's layers: within this model alone, in order, each by a name of its own.

Keras's `layer.output` is that of the layer's first call, in whatever model that was. A layer that
a model shares with another, or calls twice, is therefore looked up here.
"""

import dataclasses
from typing import Any

import keras

from keras_sounddream.types import Tensor


@dataclasses.dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer, or of an operation of Keras, in a model.

    Attributes:
        name: the layer's; `"shared@1"`, `"shared@2"`, … for one that the model calls repeatedly.
        layer: the layer.
        sources: names of the calls whose outputs it takes, in their order.
        inputs: the Keras tensors that it takes, in the same order.
        output: a Keras tensor, or the list of several.
    """

    name: str
    layer: Any
    sources: tuple[str, ...]
    inputs: tuple[Tensor, ...]
    output: Any


def calls_of(model: keras.Model) -> dict[str, Call]:
    """The calls of a functional model by their names, each after those whose outputs it takes."""
    nodes = _nodes(model)
    numbers: dict[str, list] = {}
    for node in nodes:
        numbers.setdefault(node.operation.name, []).append(node)
    names = {}
    for name, same in numbers.items():
        same.sort(key=lambda node: node.operation._inbound_nodes.index(node))
        for number, node in enumerate(same, start=1):
            names[node] = name if len(same) == 1 else f"{name}@{number}"
    calls = {}
    for node in nodes:
        inputs = tuple(node.input_tensors)
        sources = tuple(names[_node_of(tensor)] for tensor in inputs)
        outputs = node.output_tensors
        output = outputs[0] if len(outputs) == 1 else list(outputs)
        calls[names[node]] = Call(names[node], node.operation, sources, inputs, output)
    return calls


def layer_names(model: keras.Model, kinds: type | tuple[type, ...]) -> list[str]:
    """Names of a model's calls of layers of some kinds, in the order of `model.layers`."""
    by_layer = names_by_layer(calls_of(model))
    chosen: list[Any] = [layer for layer in model.layers if isinstance(layer, kinds)]
    return [name for layer in chosen for name in by_layer.get(layer.name, ())]


def names_by_layer(calls: dict[str, Call]) -> dict[str, list[str]]:
    """Names of the calls of each layer, by the layer's own name."""
    by_layer: dict[str, list[str]] = {}
    for name, call in calls.items():
        by_layer.setdefault(call.layer.name, []).append(name)
    return by_layer


def call_anew(model: keras.Model, inputs: dict[str, Tensor]) -> list[Tensor]:
    """Calls a model's own layers on other inputs, which are Keras tensors too.

    Args:
        model: functional.
        inputs: a Keras tensor by the name of each of the model's inputs.

    Returns:
        What becomes of each of `model.outputs`.
    """
    made = {id(tensor): inputs[name_of(tensor)] for tensor in model.inputs}
    for node in _nodes(model):
        if id(node.output_tensors[0]) not in made:
            positional, named = node.arguments.fill_in(made)
            outputs = keras.tree.flatten(node.operation(*positional, **named))
            made |= {id(old): new for old, new in zip(node.output_tensors, outputs, strict=True)}
    return [made[id(tensor)] for tensor in model.outputs]


def name_of(tensor: Tensor) -> str:
    """Name of the layer or operation whose output a Keras tensor is."""
    return tensor._keras_history.operation.name


def _node_of(tensor):
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


def _nodes(model):
    """Nodes between a model's inputs and outputs, each after those that it depends on."""
    begins = {_node_of(tensor) for tensor in model.inputs}
    ordered: dict[Any, None] = {}
    waiting = [_node_of(tensor) for tensor in reversed(model.outputs)]
    while waiting:
        node = waiting[-1]
        before = [] if node in begins else map(_node_of, node.input_tensors)
        missing = [one for one in before if one not in ordered]
        if missing:
            waiting += reversed(missing)
        else:
            ordered[waiting.pop()] = None
    return list(ordered)
