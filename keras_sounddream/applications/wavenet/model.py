"""WaveNet: prediction of the next sample of a sound, for generation."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from keras_sounddream.applications import base, preprocessing
from keras_sounddream.applications.decoding import Labels, Predictions, decode_for_family
from keras_sounddream.applications.wavenet import network
from keras_sounddream.applications.wavenet.config import WAVEFORM, WaveNetConfig
from keras_sounddream.applications.wavenet.layers import WaveNetModel, level_labels, with_plan
from keras_sounddream.applications.wavenet.pretrained import PRETRAINED
from keras_sounddream.applications.wavenet.weights import TOPS, layout
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

SAMPLE_RATE = 16000
DILATIONS = WaveNetConfig.dilations
MIN_SECONDS = WaveNetConfig().receptive_field / SAMPLE_RATE  # of the default settings


def WaveNet(
    include_top: bool = True,
    weights: PathLike | None = None,
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 256,
    classifier_activation: Any = None,
    name: str = "wavenet",
    *,
    include_front_end: bool = True,
    labels: Labels = None,
    sample_rate: int = SAMPLE_RATE,
    dilations: Sequence[int] = DILATIONS,
    filter_width: int = 2,
    residual_channels: int = 32,
    dilation_channels: int = 32,
    skip_channels: int = 512,
    use_biases: bool = True,
    scalar_input: bool = False,
    initial_filter_width: int = 32,
    output: str = "softmax",
    mixtures: int = 10,
    conditions: Mapping[str, Sequence[str]] | None = None,
    condition_channels: int = 32,
    local_channels: int = 0,
    local_hop: int = 256,
) -> WaveNetModel:
    """Builds the network that predicts each sample from those before it.

    Dilated causal convolutions with gates, whose outputs are added up and classified. The
    prediction at index t is for the sample after sample `t + receptive_field - 1`: nothing is
    padded, so a sound gives `samples - receptive_field + 1` predictions, the first from its first
    `receptive_field` samples and the last for the sample after its end. Training leaves that one
    out, generation uses only that one. The default has 50 layers, 1.6 million parameters and a
    receptive field of 5117 samples. Layers to dream on: `layer0_gated` … `layer49_gated`,
    `layer12_filter`, `layer12_gate`, `layer12_residual`, `skip`. For arguments not listed here
    see `keras.applications`.

    Args:
        weights: `None` for random ones; `"fsdd"`, of a network that speaks digits (see
            `saved_models/wavenet_fsdd.md`), which settles all settings; or a path of `.npz`, of
            `.weights.h5`, or of a checkpoint of ibab/tensorflow-wavenet, which has one global
            condition at most.
        input_shape: `(samples,)`; by default any length.
        classes: number of levels that samples are rounded to, by mu-law.
        classifier_activation: `None` for logits, or `"softmax"`.
        include_front_end: `False` gives the network on levels instead of waveforms.
        labels: one per level, which the model keeps.
        sample_rate: Hz.
        dilations: one per layer: samples between the taps of its filter.
        filter_width: taps of each filter.
        residual_channels: channels from layer to layer.
        dilation_channels: channels of filter and gate.
        skip_channels: channels of the sum of all layers.
        use_biases: whether all convolutions but the first have biases.
        scalar_input: whether samples are read as numbers; else as one of the levels.
        initial_filter_width: taps of the first filter of a `scalar_input`.
        output: `"softmax"` over the levels; or `"mixture_of_logistics"`: weights (logits), means
            and logarithms of scales, `mixtures` each.
        mixtures: number of logistics in a mixture.
        conditions: labels of each global condition, by its name, such as
            `{"genre": ["metal", "rock"]}`; the model takes a number for each, and keeps the names.
        condition_channels: channels that each condition is embedded in.
        local_channels: channels of a condition that changes with time; 0 for none.
        local_hop: samples per frame of it.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, mono in [-1, 1], to float32 `(batch,
        samples - receptive_field + 1, classes or 3 * mixtures)`; without a top to `(batch, …,
        skip_channels)`. With conditions it takes a dict of `waveform`, of int32 `(batch,)` for each
        global condition, by its name (`condition_ids` finds them by label), and of
        `local_condition`, float32 `(batch, frames, local_channels)`: the first frame is that of
        the first `local_hop` samples.

    Raises:
        InputError: if arguments do not fit each other, or the weights do not fit the model.

    Reference: van den Oord et al., *WaveNet: A Generative Model for Raw Audio*, 2016,
    https://arxiv.org/abs/1609.03499
    """
    labels = base.check_arguments(include_top, weights, pooling, classes, labels, {})
    settings = {
        "sample_rate": sample_rate,
        "dilations": dilations,
        "filter_width": filter_width,
        "residual_channels": residual_channels,
        "dilation_channels": dilation_channels,
        "skip_channels": skip_channels,
        "levels": classes,
        "use_biases": use_biases,
        "scalar_input": scalar_input,
        "initial_filter_width": initial_filter_width,
        "output": output,
        "mixtures": mixtures,
        "conditions": {} if conditions is None else conditions,
        "condition_channels": condition_channels,
        "local_channels": local_channels,
        "local_hop": local_hop,
    }
    plan = WaveNetConfig(**_settled(settings, weights))
    inputs, x = network.begin(plan, input_tensor, input_shape, include_front_end)
    x = network.stack(x, inputs, plan)
    x = network.finish(x, plan, include_top, pooling, classifier_activation)
    inputs = inputs if len(inputs) > 1 else inputs[WAVEFORM]
    model = with_plan(WaveNetModel(inputs, x, name=name), plan)
    model.labels = labels
    return base.load_weights(model, weights, PRETRAINED, TOPS, layouts=[layout(plan)])


def condition_ids(model: WaveNetModel, names: Mapping[str, Sequence[str]]) -> dict[str, Array]:
    """Finds the numbers that stand for labels of the global conditions.

    Args:
        model: a `WaveNet`.
        names: for each condition, by its name, a list of labels, one per example.

    Returns:
        dict from the name of a condition to int32 `(batch,)`, part of what the model takes.

    Raises:
        InputError: if a label or condition is unknown, with the nearest names, or missing.
    """
    return model.plan.ids(names)


def conditioned(model: WaveNetModel, **labels: str) -> WaveNetModel:
    """Fixes the global conditions, for a network that takes only waveforms, to dream on.

    Args:
        model: a `WaveNet` without a local condition.
        **labels: one for each condition, by its name.

    Returns:
        `keras.Model` from float32 `(batch, samples)`, with layers of the same names and weights
        that are copied.

    Raises:
        InputError: if a label or condition is unknown, with the nearest names, or missing.

    Example:
        DeepDream(conditioned(model, digit="three"), objectives.layer("layer2_gated"))
    """
    plan = model.plan
    ids = plan.ids({name: [label] for name, label in labels.items()})
    if plan.local_channels or not ids:
        has = "a local condition" if plan.local_channels else "no conditions"
        raise InputError(
            f"Expected a WaveNet with global conditions alone. {model.name} has {has}."
        )
    settled = dataclasses.replace(plan, conditions={}, use_biases=True)
    return network.settle_conditions(model, settled, ids)


def preprocess_input(waveform: Array, sample_rate: int) -> Array:
    """Brings sound to 16 kHz, mono, and at least 0.32 s (shorter sounds are repeated).

    That is what the default network takes; the method `preprocess_input` of a model knows the
    model's own rate and receptive field.

    Args:
        waveform: float array `(samples,)`, `(batch, samples)` or `(batch, samples, channels)`,
            in [-1, 1].
        sample_rate: Hz, of `waveform`.

    Returns:
        float32 `(batch, samples)`, a new array.

    Raises:
        InputError: if `waveform` is empty, has another rank, or is not finite.
    """
    return preprocessing.prepare(waveform, sample_rate, SAMPLE_RATE, MIN_SECONDS)


def decode_predictions(
    scores: Array, top: int = 5, model: Any = None, labels: Labels = None
) -> Predictions:
    """Names the likeliest next samples.

    Args:
        scores: float array `(batch, steps, levels)`, as `predict` returns it for a softmax
            output, or `(batch, levels)`.
        top: how many samples to name.
        model: whose labels, or levels, to use.
        labels: one per level, in place of the model's; by default the samples that 256 levels
            stand for.

    Returns:
        For each example a list, for each step, of lists of `(index, label, score)`, highest first;
        without the list for steps if `scores` has none.

    Raises:
        InputError: if `scores` does not have a column per label.
    """
    return decode_for_family(scores, top, model, labels, level_labels(256), steps=True)


def _settled(settings, weights):
    """The settings, or those of pretrained weights, which given ones must not contradict."""
    row = PRETRAINED.get(weights) if isinstance(weights, str) else None
    if row is None:
        return settings
    default = WaveNetConfig()
    for name, value in settings.items():
        expected = row["plan"].get(name, getattr(default, name))
        if value not in (expected, getattr(default, name)):
            named = "classes" if name == "levels" else name
            raise InputError(
                f"`{named}` must be {expected!r} with `weights={weights!r}`. Received: {value!r}"
            )
    return row["plan"]
