"""WaveNet's network, built from its `WaveNetConfig`."""

from typing import Any

import keras
import numpy as np
from keras import layers

from keras_sounddream.applications.base import TOP, pool, settle_input
from keras_sounddream.applications.wavenet.config import LOCAL, WAVEFORM, WaveNetConfig
from keras_sounddream.applications.wavenet.layers import (
    DilatedConv1D,
    Gate,
    LevelConv1D,
    Stretch,
    WaveNetModel,
    with_plan,
)
from keras_sounddream.audio.layers import MuLaw
from keras_sounddream.types import Array, Tensor


def begin(
    plan: WaveNetConfig, input_tensor: Any, input_shape: Any, include_front_end: bool
) -> tuple[dict[str, Tensor], Tensor]:
    """The inputs by name, and the first layer's output.

    The output has the shape `(batch, samples - first_width + 1, residual_channels)`.

    `include_front_end` says whether waveforms are rounded to levels in the network.
    """
    inputs = {WAVEFORM: settle_input(input_tensor, input_shape or (None,), WAVEFORM)}
    for name in plan.conditions:
        inputs[name] = keras.Input((), name=name, dtype="int32")
    if plan.local_channels:
        inputs[LOCAL] = keras.Input((None, plan.local_channels), name=LOCAL)
    x, width = inputs[WAVEFORM], plan.first_width
    if plan.scalar_input:
        x = layers.Reshape((-1, 1), name="add_channel")(x)
        x = DilatedConv1D(plan.residual_channels, width, use_bias=False, name="causal")(x)
        return inputs, x
    if include_front_end:
        x = MuLaw(plan.levels, name="front_end")(x)
    return inputs, LevelConv1D(plan.residual_channels, width, plan.levels, name="causal")(x)


def stack(x: Tensor, inputs: dict[str, Tensor], plan: WaveNetConfig) -> Tensor:
    """The outputs of all gates, cut to `samples - receptive_field + 1`, side by side."""
    condition, later, gated = _embedded(inputs, plan), sum(plan.reaches), []
    start = plan.first_width - 1
    for i, reach in enumerate(plan.reaches):
        path, start, later = f"layer{i}", start + reach, later - reach
        halves = []
        for part in ("filter", "gate"):
            dilation = plan.dilations[i]
            halves.append(_convolution(x, f"{path}_{part}", plan, dilation))
            halves += _conditions(f"{path}_{part}", condition, inputs, halves[-1], plan, start)
        z = Gate(name=f"{path}_gated")(halves)
        gated.append(layers.Cropping1D((later, 0), name=f"{path}_skip")(z) if later else z)
        if i < len(plan.dilations) - 1:  # nothing reads what the last layer would add
            x = layers.Cropping1D((reach, 0), name=f"{path}_crop")(x) if reach else x
            dense = layers.Dense(
                plan.residual_channels, use_bias=plan.use_biases, name=f"{path}_dense"
            )(z)
            x = layers.Add(name=f"{path}_residual")([x, dense])
    return layers.Concatenate(name="skips")(gated) if len(gated) > 1 else gated[0]


def finish(
    x: Tensor, plan: WaveNetConfig, include_top: bool, pooling: str | None, activation: Any
) -> Tensor:
    """Predictions `(batch, samples - receptive_field + 1, outputs)` from the outputs of all gates.

    The sum of one product per layer is one product of all layers side by side.
    """
    for path in ("skip", "post"):
        x = layers.Dense(plan.skip_channels, use_bias=plan.use_biases, name=path)(x)
        x = layers.ReLU(name=f"{path}_relu")(x)
    if not include_top:
        return pool(x, pooling)
    x = layers.Dense(plan.outputs, use_bias=plan.use_biases, name=TOP)(x)
    return layers.Activation(activation, dtype="float32", name="scores")(x)


def settle_conditions(
    model: WaveNetModel, plan: WaveNetConfig, ids: dict[str, Array]
) -> WaveNetModel:
    """The network of `plan`, without conditions: its biases hold what the labels of `ids` add."""
    names = {layer.name for layer in model.layers}
    inputs, x = begin(plan, None, model.input[WAVEFORM].shape[1:], "front_end" in names)
    outputs = finish(stack(x, inputs, plan), plan, TOP in names, None, activation_of(model))
    settled = with_plan(WaveNetModel(inputs[WAVEFORM], outputs, name=model.name), plan)
    settled.labels = model.labels
    given = {weight.path: np.asarray(weight.value) for weight in model.weights}
    label = [given[f"{name}_embedding/embeddings"][ids[name]] for name in model.plan.conditions]
    for weight in settled.weights:
        value = given.get(weight.path, np.zeros(weight.shape, "float32"))
        adding = given.get(weight.path.replace("/bias", "_condition/kernel"))
        if weight.path.endswith("/bias") and adding is not None:
            value = value + (np.concatenate(label, -1) @ adding)[0]
        weight.assign(value)
    return settled


def activation_of(model: WaveNetModel) -> Any:
    """The activation of a model's scores, or `None`."""
    layer = model.layers[-1]
    return layer.activation if isinstance(layer, layers.Activation) else None


def _embedded(inputs, plan):
    """The global conditions side by side, `(batch, 1, channels)`, or `None`."""
    embedded = [
        layers.Embedding(
            len(labels),
            plan.condition_channels,
            embeddings_initializer="glorot_uniform",
            name=f"{name}_embedding",
        )(layers.Reshape((1,), name=f"{name}_id")(inputs[name]))
        for name, labels in plan.conditions.items()
    ]
    if len(embedded) > 1:
        return layers.Concatenate(name="condition")(embedded)
    return embedded[0] if embedded else None


def _convolution(x, path, plan, dilation):
    return DilatedConv1D(
        plan.dilation_channels,
        plan.filter_width,
        dilation_rate=dilation,
        use_bias=plan.use_biases,
        name=path,
    )(x)


def _conditions(path, condition, inputs, like, plan, start):
    """The terms that the conditions add to a convolution."""
    dense = {"units": plan.dilation_channels, "use_bias": False}
    terms = []
    if condition is not None:
        terms.append(layers.Dense(**dense, name=f"{path}_condition")(condition))
    if plan.local_channels:
        frames = layers.Dense(**dense, name=f"{path}_local")(inputs[LOCAL])
        stretch = Stretch(plan.local_hop, start, name=f"{path}_stretch")
        terms.append(stretch([frames, like]))
    return terms
