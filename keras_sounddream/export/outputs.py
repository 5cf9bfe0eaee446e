"""Outputs of a network in exported files: names and labels of its scores, and its features."""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_sounddream.deepdream.network.calls import calls_of
from keras_sounddream.deepdream.network.lookup import find_call
from keras_sounddream.types import Tensor


def has_scores(network: keras.Model) -> bool:
    """Tells whether all outputs are scores, `(batch, classes)` or `(batch, frames, classes)`."""
    return all(len(tensor.shape) in (2, 3) for tensor in network.outputs)


def output_names(network: keras.Model) -> tuple[str, ...]:
    """Returns the names of a network's scores: `scores`, or one for each of several outputs."""
    if len(network.outputs) == 1:
        return ("scores",)
    structure = network.output
    if isinstance(structure, dict):  # in the order of what it flattens to
        return tuple(sorted(structure))
    return tuple(tensor._keras_history.operation.name for tensor in network.outputs)


def class_labels(network: keras.Model) -> tuple[str, ...] | dict[str, tuple[str, ...]] | None:
    """Returns the class names, by output if there are several; `None` if any is missing."""
    names, labels = output_names(network), getattr(network, "labels", None)
    by_output = labels if isinstance(labels, dict) else {names[0]: labels or ()}
    classes = [tensor.shape[-1] for tensor in network.outputs]
    if [len(by_output.get(name, ())) for name in names] != classes:
        return None
    by_output = {name: tuple(by_output[name]) for name in names}
    return by_output if len(names) > 1 else by_output[names[0]]


def embedding_network(model: keras.Model, layer: str | None = None) -> keras.Model:
    """Returns the part of a model, with shared layers, that outputs its features.

    These are the output of `layer`; by default the input of the last layer with weights, if the
    model ends in scores `(batch, classes)` or has several outputs, else the model's output.
    """
    if layer is not None:
        return keras.Model(model.inputs[0], find_call(model, layer).output)
    output = model.outputs[0]
    if len(output.shape) != 2 and len(model.outputs) == 1:
        return keras.Model(model.inputs[0], output)
    calls = calls_of(model)
    top = next(call for call in calls.values() if call.output is output)
    while not top.layer.weights and len(top.sources) == 1:
        top = calls[top.sources[0]]
    kinds = keras.layers.Dense | keras.layers.Conv1D | keras.layers.Conv2D
    return keras.Model(model.inputs[0], top.inputs[0] if isinstance(top.layer, kinds) else output)


def pooled(activation: Tensor) -> Tensor:
    """Averages `(batch, …, channels)` over all axes between: float32 `(batch, channels)`."""
    axes = list(range(1, len(activation.shape) - 1))
    return tf.cast(tf.reduce_mean(activation, axes) if axes else activation, "float32")
