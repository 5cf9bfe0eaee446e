"""Finds layers and classes by their names, and says the nearest where there are none."""

import difflib

import keras

from keras_sounddream.errors import InputError

INPUT, SOURCE = "input", "source"  # what is dreamed, and what it was before, among activations
_MOST_NAMES = 30  # in an error


def find_layer(model, name):
    """Gets a layer by its name.

    Args:
        model: `keras.Model`, functional.
        name: str.

    Returns:
        `keras.Layer`.

    Raises:
        InputError: if there is none, with the nearest names.
    """
    names = _names(model)
    if name in names:
        return model.get_layer(name)
    inside = next((own for own in models_inside(model) if name in _names(own)), None)
    if inside is not None:
        raise InputError(
            f"{model.name} has no layer {name!r} of its own: it lies within the model "
            f"{inside.name!r}, which is one layer here. Dream on get_layer({inside.name!r}) itself."
        )
    raise InputError(unknown(f"{model.name} has", "layer", name, names))


def find_label(model, label):
    """Finds a class by its label.

    Args:
        model: `keras.Model` with `labels`, a sequence of str, or a dict of such from the names of
            its outputs.
        label: str, a whole label, or one of the names it is made of: `"tabby"` of `"tabby, tabby
            cat"`.

    Returns:
        int, the index that `logit` takes.

    Raises:
        InputError: if the model has no labels, or not this one, with the nearest.
    """
    return find_class(model, label)[0]


def find_class(model, label):
    """Finds a class by its label, and the layer that scores it.

    Args:
        model: `keras.Model`, as `find_label` takes it.
        label: str.

    Returns:
        `(index, layer)`, what `logit` takes: int, and str, or `None` for the model's last layer.

    Raises:
        InputError: as `find_label`.
    """
    if not isinstance(model, keras.Model):
        raise InputError(f"Expected a keras.Model with labels. Received: {model!r}")
    labels = getattr(model, "labels", None) or ()
    heads = labels if isinstance(labels, dict) else {None: labels}
    places = [(i, layer) for layer, names in heads.items() for i in range(len(names))]
    whole = [name for names in heads.values() for name in names]
    for found in ([label == name for name in whole], [label in n.split(", ") for n in whole]):
        if any(found):
            return places[found.index(True)]
    if not whole:
        raise InputError(f"{model.name} has no labels. Give the index of {label!r} instead.")
    raise InputError(unknown(f"{model.name} has", "label", label, ", ".join(whole).split(", ")))


def models_inside(model):
    """Lists the models that a model holds as layers, and theirs.

    Args:
        model: `keras.Model`.

    Returns:
        list of `keras.Model`.
    """
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return inner + [each for own in inner for each in models_inside(own)]


def no_convolution(model):
    """Words an error about a model without convolutions.

    Args:
        model: `keras.Model`.

    Returns:
        str.
    """
    inside = models_inside(model)
    if inside:
        return (
            f"{model.name} has no convolution of its own, but a model within: dream on "
            f"get_layer({inside[0].name!r}) itself."
        )
    return f"{model.name} has no convolution. Name layers to dream on."


def output_shape(model, name):
    """Gets the shape of what a layer puts out, if it can be dreamed on.

    Args:
        model: `keras.Model`, functional.
        name: str, of a layer.

    Returns:
        tuple of int or `None`: `(batch, …, channels)`.

    Raises:
        InputError: if there is no such layer, or it has not one output with a known number of
            channels that follows from the model's input.
    """
    if name in (INPUT, SOURCE):
        raise InputError(f"A layer named {name!r} cannot be dreamed on: give it another name.")
    layer = find_layer(model, name)
    output = layer.output
    shape = getattr(output, "shape", (None,))
    if len(shape) < 2 or shape[-1] is None:
        raise InputError(
            f"Layer {name!r} cannot be dreamed on: expected one output with a "
            f"known number of channels. Received: {output}"
        )
    try:
        keras.Model(model.inputs, output)
    except ValueError:
        raise InputError(_elsewhere(model, layer)) from None
    return tuple(shape)


def unknown(owner, what, name, names):
    """Words an error about a name that is not there, with the nearest that are.

    Args:
        owner: str, such as `"mobilenet has"`.
        what: str, what is named.
        name: the name.
        names: list of str, those there are.

    Returns:
        str.
    """
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4)
    if near:
        return f"{owner} no {what} {name!r}. Did you mean {' or '.join(near)}?"
    more = ", …" if len(names) > _MOST_NAMES else ""
    return f"{owner} no {what} {name!r}. It has: {', '.join(names[:_MOST_NAMES])}{more}."


def _elsewhere(model, layer):
    if isinstance(layer, keras.Model):
        return (
            f"{layer.name!r} is a model within {model.name}, and cannot be read as a layer. Dream "
            f"on get_layer({layer.name!r}) itself, or on the layer after it."
        )
    return (
        f"Layer {layer.name!r} of {model.name} was called in another model first. Dream on that "
        "one, or on a copy of this, made by keras.models.clone_model and set_weights."
    )


def _names(model):
    return [layer.name for layer in model.layers]
