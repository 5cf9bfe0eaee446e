"""Classes of a network: found by label or number; those of image networks named."""

from __future__ import annotations

import re

import keras

from keras_sounddream.applications.pretrained import read_labels
from keras_sounddream.deepdream import objectives
from keras_sounddream.errors import InputError

_IMAGENET_CLASSES = 1000


def find_class(model: keras.Model, label: str) -> tuple[int, str | None]:
    """Finds a class by its label or its number, and the layer that scores it.

    Args:
        model: with `labels`, or outputs `(batch, classes)` or `(batch, steps, classes)`.
        label: a label, see `objectives.find_class`; or a number, `"OUTPUT:NUMBER"` where a model
            has several outputs.

    Returns:
        `(index, layer)`, the arguments of `objectives.logit`.

    Raises:
        InputError: if there is no such class, or the model scores none.
    """
    output, _, number = label.rpartition(":")
    known = _known_labels(model)
    if label in known or not number.isdecimal():
        if not known:
            _widths(model)
            raise InputError(f"{model.name} has no labels: give a number in place of {label!r}.")
        return objectives.find_class(model, label)
    widths = _widths(model)
    if not output and len(widths) > 1:
        choices = " or ".join(f"{name}:{number}" for name in widths)
        raise InputError(f"{model.name} has several outputs: give {choices}. Received: {label!r}")
    layer = output or next(iter(widths))
    if layer not in widths:
        raise InputError(f"{model.name} has no output {layer!r}. It has: {', '.join(widths)}.")
    if int(number) >= widths[layer]:
        raise InputError(f"{model.name} has classes 0 to {widths[layer] - 1}. Received: {label!r}")
    return int(number), None if len(widths) == 1 else layer


def with_classes(model: keras.Model) -> keras.Model:
    """An image network whose classes can be dreamed of: for any size of picture, and named.

    Networks of `keras.applications` are built for one size with their top. Where the layers allow
    it, the result takes any; networks of ImageNet's 1000 classes, known by their names, get its
    labels. Weights are copied.

    Args:
        model: takes pictures `(batch, height, width, 3)`.

    Returns:
        `keras.Model`: the same one where nothing is to be changed.
    """
    labels = getattr(model, "labels", None) or _imagenet_labels(model)
    if None not in model.inputs[0].shape[1:3]:
        model = _of_any_size(model)
    if labels is not None and getattr(model, "labels", None) is None:
        model.labels = tuple(labels)
    return model


def _known_labels(model):
    labels = getattr(model, "labels", None) or ()
    heads = labels.values() if isinstance(labels, dict) else [labels]
    return [label for names in heads for label in names]


def _widths(model):
    """Number of classes by the name of each output that scores some."""
    outputs = model.output.items() if isinstance(model.output, dict) else None
    outputs = outputs or [(one._keras_history.operation.name, one) for one in model.outputs]
    widths = {name: one.shape[-1] for name, one in outputs if len(one.shape) in (2, 3)}
    if not widths:
        raise InputError(f"{model.name} has no classes here, without its top. Name a layer.")
    return widths


def _imagenet_labels(model):
    """ImageNet's labels, of a network of `keras.applications` that scores its classes."""
    if len(model.outputs) != 1 or model.outputs[0].shape[1:] != (_IMAGENET_CLASSES,):
        return None
    constructors = [_plain(name) for name in dir(keras.applications) if name[0].isupper()]
    is_known = any(_plain(model.name).startswith(name) for name in constructors)
    return read_labels("imagenet.txt") if is_known else None


def _plain(name):
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _of_any_size(model):
    """A copy of a functional model that takes any size; the model where a layer prevents it."""
    if any(isinstance(layer, keras.layers.Flatten) for layer in model._flatten_layers()):
        return model  # a Dense layer reads all positions
    config = model.get_config()
    for layer in config.get("layers", ()):
        if layer["class_name"] == "InputLayer":
            layer["config"]["batch_shape"] = (None, None, None, 3)
    try:
        copy = type(model).from_config(config)
        copy.set_weights(model.get_weights())
    except (ValueError, TypeError):
        return model
    return copy
