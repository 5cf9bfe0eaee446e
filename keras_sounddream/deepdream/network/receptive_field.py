"""Receptive fields: the part of a model's input that one output of a layer depends on."""

import dataclasses
import math

import keras
from keras import layers

from keras_sounddream.audio.layers import LogMelSpectrogram, MuLaw
from keras_sounddream.deepdream.network.calls import calls_of
from keras_sounddream.images.front_end import PixelScaling

# Layers whose outputs each depend on one position.
_POINTWISE = (
    layers.Activation,
    layers.Add,
    layers.Average,
    layers.BatchNormalization,
    layers.Concatenate,
    layers.Dropout,
    layers.ELU,
    layers.Identity,
    layers.LeakyReLU,
    layers.Maximum,
    layers.Multiply,
    MuLaw,
    layers.PReLU,
    PixelScaling,
    layers.ReLU,
    layers.Rescaling,
    layers.Softmax,
    layers.SpatialDropout1D,
    layers.SpatialDropout2D,
    layers.Subtract,
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


@dataclasses.dataclass(frozen=True)
class Reach:
    """Receptive field of a layer's outputs along one axis of the model's input.

    Output `p` depends on at most the inputs `p * jump - before` to `p * jump + after`.

    Attributes:
        field: samples or pixels that one output depends on; `math.inf` for all of them.
        jump: samples or pixels from one output to the next.
        before: most samples or pixels to the left of `p * jump`.
        after: most samples or pixels to its right.
    """

    field: float = 1
    jump: int = 1
    before: float = 0
    after: float = 0


def receptive_fields(model: keras.Model) -> dict[str, float | None]:
    """Receptive field of each layer of a model of waveforms, in samples.

    `math.inf` is the whole sound, `None` a layer whose kind is not known.
    """
    fields = reaches(model)
    return {name: None if reach is None else reach.field for name, reach in fields.items()}


def reaches(model: keras.Model, axis: int = 0) -> dict[str, Reach | None]:
    """`Reach` of each layer along an axis: 0 is time, or a picture's rows, 1 its columns.

    `None` is that of a layer whose kind is not known. The model's axes must keep their order.
    """
    known: dict[str, Reach | None] = {}
    for name, call in calls_of(model).items():
        sources = [known[source] for source in call.sources]
        merged = None if None in sources else _merge(sources)
        known[name] = merged and _reach(call, merged, axis)
    return known


def why_unbounded(model: keras.Model, name: str) -> str:
    """Reason, as part of a sentence, why a layer's `Reach` is not known or has no bounds."""
    known = reaches(model)
    if known[name] is not None:
        return f"layer {name!r} depends on all of it"
    call = next(call for call in calls_of(model).values() if known[call.name] is None)
    if isinstance(call.layer, keras.Model):
        return f"how far {call.name!r}, a model within {model.name}, reaches is not known"
    kind = f", a {type(call.layer).__name__}," if isinstance(call.layer, keras.Layer) else ""
    return f"how far {call.name!r}{kind} reaches is not known"


def _merge(sources):
    values = map(dataclasses.astuple, sources or [Reach()])  # of an input: itself
    return Reach(*map(max, zip(*values, strict=True)))


def _reach(call, source, axis):
    """`Reach` of a call's outputs, from that of its inputs; `None` if not known."""
    layer = call.layer
    if isinstance(layer, layers.InputLayer):
        return Reach()
    if isinstance(layer, _WHOLE) or (isinstance(layer, layers.Dense) and source.field == math.inf):
        return Reach(math.inf, source.jump, math.inf, math.inf)
    if isinstance(layer, LogMelSpectrogram):
        first, last = layer.span
        return Reach(last - first + 1, layer.analysis.frame_step, -first, last)
    if isinstance(layer, _WINDOWED):
        return _windowed(layer, source, axis)
    if isinstance(layer, layers.ZeroPadding1D | layers.ZeroPadding2D):
        first = layer.padding[axis]
        shift = (first if isinstance(first, int) else first[0]) * source.jump
        return Reach(source.field, source.jump, source.before + shift, source.after - shift)
    if isinstance(layer, layers.Cropping1D):
        shift = layer.cropping[0] * source.jump
        return Reach(source.field, source.jump, source.before - shift, source.after + shift)
    if isinstance(layer, _POINTWISE) or _keeps_time(call):
        return source
    return None


def _windowed(layer, source, axis):
    windows = getattr(layer, "kernel_size", None) or layer.pool_size
    dilation = _along(getattr(layer, "dilation_rate", 1), axis)
    stride = _along(layer.strides, axis)
    wider = dilation * (_along(windows, axis) - 1)
    # "same" padding puts more or fewer before, as the input's length leaves a rest or not
    least, most = (max(wider + 1 - stride, 0) // 2, (wider + 1) // 2)
    least, most = (0, 0) if layer.padding == "valid" else (least, most)
    least, most = (wider, wider) if layer.padding == "causal" else (least, most)
    return Reach(
        source.field + wider * source.jump,
        source.jump * stride,
        source.before + most * source.jump,
        source.after + (wider - least) * source.jump,
    )


def _along(setting, axis):
    return setting if isinstance(setting, int) else setting[axis]


def _keeps_time(call):
    """Whether a layer only works on its last axis, or adds a channel."""
    if isinstance(call.layer, layers.Dense):
        return len(call.inputs[0].shape) > 2
    if not isinstance(call.layer, layers.Reshape):
        return False
    return tuple(call.output.shape) == (*call.inputs[0].shape, 1)
