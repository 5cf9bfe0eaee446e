"""Lookup of layers and classes by their names, with the nearest names in errors."""

import keras

from keras_sounddream.deepdream.network.calls import Call, calls_of, names_by_layer
from keras_sounddream.deepdream.network.class_labels import every_label, find_in_labels
from keras_sounddream.errors import InputError, unknown_name

INPUT, SOURCE = "input", "source"  # among activations: the dream so far, and what it began as


def find_call(model: keras.Model, name: str) -> Call:
    """The call of the layer of that name; an `InputError` with the nearest names if there is none.

    A layer that the model calls twice has two names, `"shared@1"` and `"shared@2"`.
    """
    calls = calls_of(model)
    if name in calls and isinstance(calls[name].layer, keras.Layer):
        return calls[name]
    by_layer = {
        layer: names for layer, names in names_by_layer(calls).items() if layer in _names(model)
    }
    if name in by_layer:
        first, last = by_layer[name][0], by_layer[name][-1]
        raise InputError(
            f"{model.name} calls its layer {name!r} {len(by_layer[name])} times: say which call, "
            f"from {first!r} to {last!r}."
        )
    names = [name for names in by_layer.values() for name in names]
    inside = next((inner for inner in models_inside(model) if name in _names(inner)), None)
    if inside is not None:
        raise InputError(
            f"{model.name} has no layer {name!r} of its own: it lies within the model "
            f"{inside.name!r}, which is one layer here. Dream on get_layer({inside.name!r}) itself."
        )
    raise InputError(unknown_name(f"{model.name} has", "layer", name, names))


def find_label(model: keras.Model, label: str) -> int:
    """Finds a class by its label.

    Args:
        model: with `labels`, a sequence of str, or a dict of such by the names of its outputs.
        label: a whole label, or one of its synonyms: `"tabby"` of `"tabby, tabby cat"`.

    Returns:
        Index of the class, which `logit` takes.

    Raises:
        InputError: if the model has no labels, or not this one, with the nearest.
    """
    return find_class(model, label)[0]


def find_class(model: keras.Model, label: str) -> tuple[int, str | None]:
    """Finds a class by its label, and the layer that scores it.

    Args:
        model: as `find_label` takes it.
        label: as `find_label` takes it.

    Returns:
        `(index, layer)`, the arguments of `logit`; the layer is `None` for the model's last.

    Raises:
        InputError: if the model has no labels, or not this one, with the nearest.
    """
    if not isinstance(model, keras.Model):
        raise InputError(f"Expected a keras.Model with labels. Received: {model!r}")
    labels = getattr(model, "labels", None) or ()
    if not every_label(labels):
        raise InputError(f"{model.name} has no labels. Give the index of {label!r} instead.")
    return find_in_labels(model.name, labels, label)


def models_inside(model: keras.Model) -> list[keras.Model]:
    """Models that are layers of a model, or of a model within it."""
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return inner + [innermost for one in inner for innermost in models_inside(one)]


def no_convolution(model: keras.Model) -> str:
    """Text of an error about a model without convolutions."""
    inside = models_inside(model)
    if inside:
        return (
            f"{model.name} has no convolution of its own, but a model within: dream on "
            f"get_layer({inside[0].name!r}) itself."
        )
    return f"{model.name} has no convolution. Name layers to dream on."


def output_shape(model: keras.Model, name: str) -> tuple[int | None, ...]:
    """Shape `(batch, …, channels)` of a layer's output, if it can be dreamed on.

    Raises:
        InputError: if there is no such layer, or it has not one output with a known number of
            channels.
    """
    if name in (INPUT, SOURCE):
        raise InputError(f"A layer named {name!r} cannot be dreamed on: give it another name.")
    output = find_call(model, name).output
    shape = getattr(output, "shape", (None,))
    if len(shape) < 2 or shape[-1] is None:
        raise InputError(
            f"Layer {name!r} cannot be dreamed on: expected one output with a "
            f"known number of channels. Received: {output}"
        )
    return tuple(shape)


def _names(model):
    return [layer.name for layer in model.layers]
