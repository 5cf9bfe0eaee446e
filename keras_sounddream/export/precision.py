"""A float32 copy of a network that computes in 16 bits, for files: their runtimes do not."""

from __future__ import annotations

import keras

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.network.folding import config_to_clone, copied_weights
from keras_sounddream.deepdream.settings import names
from keras_sounddream.errors import ExportError

_SHORT = ("float16", "bfloat16")
_OWN = ("labels", "sample_rate")  # attributes of a network that a copy keeps


def in_float32(model: keras.Model | DeepDream) -> keras.Model | DeepDream:
    """Returns a model, or dream, that computes in float32, with the same weights.

    One that does is returned as it is.

    Raises:
        ExportError: if no such copy can be made.
    """
    network = model.model if isinstance(model, DeepDream) else model
    short = sorted({layer.compute_dtype for layer in network._flatten_layers()} & set(_SHORT))
    if not short:
        return model
    try:
        copy = keras.models.clone_model(network, clone_function=_clone)
        for old, new in zip(network.layers, copy.layers, strict=True):
            new.set_weights([weight.numpy() for _, weight in copied_weights(old, new)])
    except (ValueError, TypeError, NotImplementedError) as error:
        raise ExportError(
            f"{network.name} computes in {short[0]}, which files do not: rebuild it in float32, "
            f"with the same weights ({str(error).splitlines()[0]}). Nothing was written."
        ) from None
    for name in _OWN:
        if hasattr(network, name):
            setattr(copy, name, getattr(network, name))
    if not isinstance(model, DeepDream):
        return copy
    settings = {name: getattr(model.settings, name) for name in names(model.kind)}
    return DeepDream(copy, model.objective, model.analysis, name=model.name, **settings)


def _clone(layer):
    if not isinstance(layer, keras.Layer):  # an operation of Keras: of its input's precision
        return layer
    if isinstance(layer, keras.Model):
        raise NotImplementedError(f"{layer.name!r} is a model within")
    config = config_to_clone(layer)
    if config is None:
        if layer.compute_dtype in _SHORT:
            raise NotImplementedError(f"{layer.name!r} does not tell its settings")
        return layer
    config["dtype"] = "float32"
    copy = type(layer).from_config(config)
    if any(inner.compute_dtype in _SHORT for inner in copy._flatten_layers()):
        raise NotImplementedError(f"layers within {layer.name!r} keep their precision")
    return copy
