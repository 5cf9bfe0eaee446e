"""Copies of a network that compute the same, more quickly or in another precision.

Batch normalisation after a convolution is folded into its kernel: the same activations, and on
large networks three fifths of the time. The folded kernels are computed from the model's own
variables whenever a dream begins, so that they are never out of date.
"""

from collections.abc import Iterable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_sounddream.audio.layers import LogMelSpectrogram
from keras_sounddream.audio.spectral.front_ends import FrontEnd, SpectralLayer
from keras_sounddream.deepdream.network.calls import calls_of
from keras_sounddream.deepdream.network.grouped_convolutions import clone_class

_FOLDABLE = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
_TRANSFORMING = (LogMelSpectrogram, SpectralLayer)  # by one of two Fourier transforms
_ALWAYS_PRECISE = (
    *_TRANSFORMING,
    FrontEnd,
    keras.layers.InputLayer,
    keras.layers.MelSpectrogram,
    keras.layers.Normalization,
    keras.layers.Rescaling,
    keras.layers.STFTSpectrogram,
)


def config_to_clone(layer: keras.Layer) -> dict[str, Any] | None:
    """Arguments of a constructor's call that makes a copy of a layer, but for its weights.

    `None` for a layer that does not tell them, such as one with a function of the user's: it is to
    be shared. What `Normalization.adapt` found is among the arguments, since Keras keeps it outside
    of the weights, where `set_weights` does not reach it.
    """
    try:
        config = layer.get_config()
    except (NotImplementedError, ValueError):
        return None
    if isinstance(layer, keras.layers.Normalization) and layer.built and config["mean"] is None:
        for name in ("mean", "variance"):
            config[name] = ops.convert_to_numpy(getattr(layer, f"adapt_{name}"))
    return config


def copied_weights(old: keras.Layer, new: keras.Layer) -> Iterable[tuple[Any, Any]]:
    """Pairs of a variable of a copy and the one that it copies; of arguments there are none."""
    weights = getattr(new, "weights", ())  # an operation of Keras has none
    return zip(weights, old.weights, strict=True) if weights else ()


class _Folded(keras.layers.Layer):
    """Identity in place of a normalisation that is folded into a kernel."""

    def call(self, inputs, training=None, mask=None):
        return inputs


def fold_batch_norm(
    model: keras.Model, logits: set[str], policy: str = "float32", transform: str = "dft"
) -> tuple[keras.Model, list]:
    """Copies a model without its batch normalisations and without activations of `logits`.

    Returns the copy, or the model itself if nothing would change, and a list of pairs: a variable
    of it and a function that computes its value.
    """
    folded, precise = _foldable(model), _precise_layers(model)
    wanted = {layer.name: "float32" if layer.name in precise else policy for layer in model.layers}
    is_grouped = any(clone_class(layer) is not type(layer) for layer in model.layers)
    is_other = _computes_otherwise(model, wanted) or _has_other_transform(model, transform)
    if not (folded or logits or is_grouped or is_other):
        return model, [(variable, _reader(variable)) for variable in model.weights]
    normed = {convolution: norm for norm, convolution in folded.items()}

    def clone(layer):
        if not isinstance(layer, keras.Layer):  # an operation of Keras, without weights
            return layer
        dtype, config = wanted[layer.name], config_to_clone(layer)
        if layer.name in folded or (layer.name in logits and _is_softmax(layer)):
            return _Folded(name=layer.name, dtype=dtype)
        if config is None:
            return layer
        if layer.compute_dtype != dtype:
            config["dtype"] = dtype
        if isinstance(layer, _TRANSFORMING):
            config["transform"] = transform
        if layer.name in normed:
            config["use_bias"] = True
        if layer.name in logits and "activation" in config:
            config["activation"] = "linear"
        return clone_class(layer).from_config(config)

    # The copy's own variables are never read: without values they take no memory.
    with keras.StatelessScope(initialize_variables=False):
        copy = keras.models.clone_model(model, clone_function=clone)
    sources = []
    for layer in model.layers:
        if not layer.weights or layer.name in folded:
            continue
        new = copy.get_layer(layer.name)
        if layer.name in normed:
            sources += _folded(layer, new, model.get_layer(normed[layer.name]))
        else:
            pairs = copied_weights(layer, new)
            sources += [(variable, _reader(source)) for variable, source in pairs]
    return keras.Model(copy.inputs[0], copy.output), sources


def _computes_otherwise(model, wanted):
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    return any(layer.compute_dtype != wanted[layer.name] for layer in layers)


def _precise_layers(model):
    """Names of the layers that stay in float32: the front end, and all before the first weights."""
    ahead, names = set(), set()
    for name, call in calls_of(model).items():
        is_precise = isinstance(call.layer, _ALWAYS_PRECISE)
        has_weights = bool(getattr(call.layer, "weights", ()))
        if (is_precise or not has_weights) and ahead.issuperset(call.sources):
            ahead.add(name)
        if is_precise or name in ahead:
            names.add(call.layer.name)
    return names


def _has_other_transform(model, transform):
    made = [layer.transform for layer in model.layers if isinstance(layer, _TRANSFORMING)]
    return any(one != transform for one in made)


def _is_softmax(layer):
    return isinstance(layer, keras.layers.Softmax)


def _reader(variable):
    return lambda: tf.convert_to_tensor(variable)


def _foldable(model):
    """Names of normalisations, each with the convolution that it can be folded into."""
    calls, convolutions = calls_of(model), {}
    taken = [source for call in calls.values() for source in call.sources]
    outputs = {id(tensor) for tensor in model.outputs}
    for name, call in calls.items():  # a name of a layer that is called once is the layer's own
        norm, source = call.layer, call.sources and calls[call.sources[0]]
        if (
            isinstance(norm, keras.layers.BatchNormalization)
            and name == norm.name
            and isinstance(source.layer, _FOLDABLE)
            and source.name == source.layer.name
            and source.layer.activation is keras.activations.linear
            and taken.count(source.name) == 1
            and id(source.output) not in outputs
            and norm.axis in (-1, len(source.output.shape) - 1)
            and source.layer.data_format == "channels_last"
        ):
            convolutions[name] = source.name
    return convolutions


def _folded(layer, new, norm):
    """The copy's kernel and bias, with functions that compute them from the model's own."""

    def scale():
        factor = ops.rsqrt(norm.moving_variance + norm.epsilon)
        return factor * norm.gamma if norm.scale else factor

    def kernel():
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        shape = tuple(layer.kernel.shape)[-2:] if depthwise else (-1,)
        return tf.convert_to_tensor(layer.kernel * ops.reshape(scale(), shape))

    def bias():
        offset = layer.bias if layer.use_bias else 0.0
        beta = norm.beta if norm.center else 0.0
        return tf.convert_to_tensor((offset - norm.moving_mean) * scale() + beta)

    return [(new.kernel, kernel), (new.bias, bias)]
