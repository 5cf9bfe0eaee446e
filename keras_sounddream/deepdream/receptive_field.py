"""How much sound one number of a layer hears."""

import math

import keras
from keras import layers

from keras_sounddream.audio.layers import LogMelSpectrogram

# Layers whose every output depends on one place in time.
_POINTWISE = (
    layers.Activation,
    layers.Add,
    layers.BatchNormalization,
    layers.Concatenate,
    layers.Dropout,
    layers.LeakyReLU,
    layers.Multiply,
    layers.ReLU,
    layers.Rescaling,
)
_WHOLE = (
    layers.Flatten,
    layers.GlobalAveragePooling1D,
    layers.GlobalAveragePooling2D,
    layers.GlobalMaxPooling1D,
    layers.GlobalMaxPooling2D,
)
_WINDOWED = (
    layers.AveragePooling1D,
    layers.AveragePooling2D,
    layers.Conv1D,
    layers.Conv2D,
    layers.DepthwiseConv1D,
    layers.DepthwiseConv2D,
    layers.MaxPooling1D,
    layers.MaxPooling2D,
    layers.SeparableConv1D,
    layers.SeparableConv2D,
)


def receptive_fields(model):
    """Finds how much of a waveform each layer's outputs depend on.

    Args:
        model: `keras.Model`, functional, whose second axis is time throughout.

    Returns:
        dict from layer name to samples: int, `math.inf` for the whole sound, or `None` where a
        layer's kind is not known.
    """
    fields = {tensor._keras_history.operation.name: (1, 1) for tensor in model.inputs}
    for layer in model.layers:
        sources = [fields.get(source) for source in _sources(layer)]
        fields[layer.name] = None if None in sources else _field(layer, sources)
    return {name: None if found is None else found[0] for name, found in fields.items()}


def _sources(layer):
    return [tensor._keras_history.operation.name for tensor in keras.tree.flatten(layer.input)]


def _field(layer, sources):
    """Samples in reach, and samples from one output to the next; `None` if not known."""
    if isinstance(layer, layers.InputLayer):
        return 1, 1
    field, jump = max(sources)
    if isinstance(layer, _WHOLE) or (isinstance(layer, layers.Dense) and field == math.inf):
        return math.inf, jump
    if isinstance(layer, LogMelSpectrogram):
        return layer.analysis.frame_length, layer.analysis.frame_step
    if isinstance(layer, _WINDOWED):
        windows = getattr(layer, "kernel_size", None) or layer.pool_size
        dilation = getattr(layer, "dilation_rate", (1,))[0]
        return field + dilation * (windows[0] - 1) * jump, jump * layer.strides[0]
    if isinstance(layer, _POINTWISE) or _keeps_time(layer):
        return field, jump
    return None


def _keeps_time(layer):
    """Whether a layer only works on its last axis, or adds a channel."""
    before, after = layer.input.shape, layer.output.shape
    if isinstance(layer, layers.Dense):
        return len(before) > 2
    return isinstance(layer, layers.Reshape) and tuple(after) == (*before, 1)
