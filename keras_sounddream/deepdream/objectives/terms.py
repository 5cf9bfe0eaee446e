"""Terms of an objective: functions from activations, or the dream itself, to scores.

A term's function takes an activation, float32 `(batch, *positions, channels)`, and its settings,
and returns float32 `(batch, *positions)`, or `(batch,)` where the score has no positions. `api`
documents each for users.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from keras_sounddream.deepdream.network.lookup import INPUT, SOURCE
from keras_sounddream.deepdream.objectives.grids import constant, inside_of, stretched
from keras_sounddream.deepdream.objectives.statistics import (
    check_style,
    content_score,
    style_score,
)
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, Tensor

LOGITS = "/logits"  # after a layer's name, among activations
READS = ("layer", "logits", "input", "input_and_source", "layer_and_source")
OF_SOURCE = "/source"  # the same, of what the source activates

_TINY = 1e-20  # keeps the gradient of a root finite at zero
_LEAST_COSINE = 0.1  # leaves a gradient to activations orthogonal or opposite to the direction
_FLOOR = 1e-8  # power of -80 dB of full scale: anything quieter counts as silence
_STRETCH, _PATCH = 1024, 16  # samples; pixels a side


def layer_score(activation: Tensor) -> Tensor:
    """Mean square of the channels at each position."""
    return ops.mean(ops.square(activation), axis=-1)


def channel_score(activation: Tensor, index: int) -> Tensor:
    """Squared positive activation of a channel at each position."""
    return ops.square(ops.relu(activation[..., index]))


def neurons_score(activation: Tensor, indices: list[int]) -> Tensor:
    """Mean squared positive activation of some channels at each position."""
    counts = np.bincount(indices, minlength=activation.shape[-1])
    return weighted_score(ops.square(ops.relu(activation)), counts / len(indices))


def neurons_at_score(activation: Tensor, indices: list[int], box: list) -> Tensor:
    """`neurons_score` inside a box, scaled so that its mean is the box's, and 0 outside."""
    scores = neurons_score(activation, indices)
    rank = len(scores.shape)
    for axis, (start, stop) in enumerate(box, start=1):
        inside = inside_of(ops.shape(scores)[axis], start, stop)
        shape = [-1 if other == axis else 1 for other in range(rank)]
        scores = scores * ops.reshape(inside / ops.mean(inside), shape)
    return scores


def logit_score(activation: Tensor, index: int) -> Tensor:
    """The logit of a class at each position."""
    return activation[..., index]


def direction_score(activation: Tensor, vector: Array, cosine_power: float) -> Tensor:
    """Dot product with a vector, times a power of the cosine between them, at each position."""
    dot = weighted_score(activation, vector)
    if cosine_power == 0:
        return dot
    length = ops.sqrt(ops.sum(ops.square(activation), axis=-1) + _TINY)
    cosine = dot / (length * float(np.linalg.norm(vector)))
    return dot * ops.power(ops.maximum(cosine, _LEAST_COSINE), cosine_power)


def weighted_score(activation: Tensor, weights: Array) -> Tensor:
    """Weighted sum of the channels at each position."""
    return ops.matmul(activation, constant(weights)[:, None])[..., 0]


def locally_weighted_score(activation: Tensor, weights: Array) -> Tensor:
    """Sum of the channels at each position by weights `(*cells, channels)` stretched over it."""
    grid = constant(weights)
    for axis in range(len(grid.shape) - 1):
        grid = stretched(grid, axis, ops.shape(activation)[axis + 1])
    return ops.sum(activation * grid, axis=-1)


def matched_score(activation: Tensor, vectors: Array) -> Tensor:
    """Largest dot product with one of some vectors `(count, channels)`."""
    vectors = constant(vectors)
    best = ops.argmax(ops.matmul(activation, ops.transpose(vectors)), axis=-1)
    return ops.sum(activation * ops.take(vectors, best, axis=0), axis=-1)


def inverted_score(activation: Tensor, target: Array) -> Tensor:
    """Minus the squared distance from a target `(*positions, channels)`, ÷ its squared norm."""
    target = np.asarray(target, "float32")
    size = float(np.mean(np.sum(np.square(target), axis=-1)))
    grid = constant(target)
    if tuple(activation.shape[1:-1]) != target.shape[:-1]:  # another length, or an unknown one
        for axis in range(target.ndim - 1):
            grid = stretched(grid, axis, ops.shape(activation)[axis + 1])
    return -ops.sum(ops.square(activation - grid), axis=-1) / size


def diversity_score(activation: Tensor) -> Tensor:
    """Minus the mean cosine between an example's Gram matrix and each other's: `(batch,)`."""
    batch, channels = ops.shape(activation)[0], activation.shape[-1]
    features = ops.reshape(activation, (batch, -1, channels))
    grams = ops.matmul(ops.transpose(features, (0, 2, 1)), features)
    grams = ops.reshape(grams, (batch, channels * channels))
    grams = grams / ops.sqrt(ops.sum(ops.square(grams), axis=1, keepdims=True) + _TINY)
    cosines = ops.sum(ops.matmul(grams, ops.transpose(grams)), axis=1)
    others = ops.cast(ops.maximum(batch - 1, 1), "float32")
    return (ops.sum(ops.square(grams), axis=1) - cosines) / others


def total_variation_score(dreamed: Tensor) -> Tensor:
    """Minus the mean absolute difference of neighbours, added over the axes: `(batch,)`."""
    axes = range(1, max(2, len(dreamed.shape) - 1))
    return -sum(mean_of_examples(ops.abs(_differences(dreamed, axis))) for axis in axes)


def l2_to_source_score(dreamed: Tensor, source: Tensor) -> Tensor:
    """Minus the squared difference from the source at each sample or pixel."""
    squares = ops.square(dreamed - source)
    return -(squares if len(squares.shape) == 2 else ops.mean(squares, axis=-1))


def energy_protection_score(dreamed: Tensor, source: Tensor, stretch: int | None) -> Tensor:
    """Minus the squared difference of level, in nepers, of each stretch or patch."""
    return -ops.square(_levels(dreamed, stretch) - _levels(source, stretch))


def custom_score(activation: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Score by a user's function."""
    return function(activation)


def mean_of_examples(values: Tensor) -> Tensor:
    """Mean over all axes but the first: float32 `(batch,)`."""
    axes = tuple(range(1, len(values.shape)))
    return ops.mean(values, axis=axes) if axes else values


def _differences(values, axis):
    before = (slice(None),) * axis
    later, earlier = (*before, slice(1, None)), (*before, slice(None, -1))
    return values[later] - values[earlier]


def _levels(values, stretch):
    """Level of each stretch `(batch, stretches)` or patch `(batch, rows, columns)`, in nepers."""
    power = ops.square(values)
    power = power[..., None] if len(power.shape) == 2 else power
    size = stretch or (_STRETCH if len(power.shape) == 3 else _PATCH)
    power = ops.average_pool(power, size, strides=size, padding="same", data_format="channels_last")
    return 0.5 * ops.log(ops.mean(power, axis=-1) + _FLOOR)


def _check_indices(name, shape, indices):
    for index in indices:
        if not 0 <= index < shape[-1]:
            raise InputError(f"Layer {name!r} has channels 0 to {shape[-1] - 1}. Received: {index}")


def _check_box(name, shape, indices, box):
    _check_indices(name, shape, indices)
    if len(box) != len(shape) - 2:
        raise InputError(
            f"Layer {name!r} has {len(shape) - 2} position axes: expected as many pairs "
            f"in `box`. Received: {box}"
        )


def _check_channels(name, shape, values, leading):
    """Checks the last axis of some numbers, and the number of axes before it."""
    received = np.shape(values)
    if received[-1] != shape[-1] or len(received) != leading + 1:
        axes = ", ".join(("…",) * leading + (str(shape[-1]),))
        raise InputError(
            f"Layer {name!r} has {shape[-1]} channels: expected numbers of shape ({axes}). "
            f"Received shape: {received}"
        )


@dataclasses.dataclass(frozen=True)
class Term:
    """A kind of term.

    Args:
        function: from one or two tensors, as `reads` tells, and the settings to scores.
        reads: `"layer"`, `"logits"` (a layer before its activation function), `"input"` (the
            dream so far), `"input_and_source"` (that, and the source) or `"layer_and_source"`
            (a layer, and what the source activates there).
        local: whether the score at a position depends only on the values there, not on other
            positions, other examples or the position itself.
        check: function of a layer's name and its output's shape, and of the settings, which
            raises `InputError` where they do not fit.
        any_layer: whether the layer may be left out: then it is the model's last.
        title: how a person says it, with `layer` and the settings as fields of `str.format`; by
            default the kind's name and the layer's.
    """

    function: Callable
    reads: str = "layer"
    local: bool = True
    check: Callable = lambda name, shape, **settings: None
    any_layer: bool = False
    title: str = ""

    def reader(self, layer: str | None, settings: dict[str, Any]) -> Callable[[dict], Tensor]:
        """Function from activations, by layer, to this term's scores."""
        if self.reads == "input_and_source":
            return lambda tensors: self.function(tensors[INPUT], tensors[SOURCE], **settings)
        if self.reads == "layer_and_source":
            own, of_source = layer, f"{layer}{OF_SOURCE}"
            return lambda tensors: self.function(tensors[own], tensors[of_source], **settings)
        name = f"{layer}{LOGITS}" if self.reads == "logits" else layer
        return lambda tensors: self.function(tensors[name], **settings)


TERMS: dict[str, Term] = {
    "layer": Term(layer_score, title="{layer}"),
    "channel": Term(
        channel_score,
        check=lambda n, s, index: _check_indices(n, s, [index]),
        title="{layer} channel {index}",
    ),
    "neurons": Term(neurons_score, check=_check_indices, title="{layer} channels {indices}"),
    "neurons_at": Term(
        neurons_at_score,
        local=False,
        check=_check_box,
        title="{layer} channels {indices} in a box",
    ),
    "logit": Term(
        logit_score,
        "logits",
        check=lambda n, s, index: _check_indices(n, s, [index]),
        any_layer=True,
        title="class {index} of {layer}",
    ),
    "custom": Term(custom_score, local=False, any_layer=True, title="{function} of {layer}"),
    "direction": Term(
        direction_score,
        check=lambda n, s, vector, cosine_power: _check_channels(n, s, vector, 0),
        title="a direction in {layer}",
    ),
    "guided": Term(
        weighted_score,
        check=lambda n, s, weights: _check_channels(n, s, weights, 0),
        title="a guide in {layer}",
    ),
    "guided_locally": Term(
        locally_weighted_score,
        local=False,
        check=lambda n, s, weights: _check_channels(n, s, weights, len(s) - 2),
        title="a guide in {layer}, place by place",
    ),
    "matched": Term(
        matched_score,
        check=lambda n, s, vectors: _check_channels(n, s, vectors, 1),
        title="a guide's features in {layer}",
    ),
    "inverted": Term(
        inverted_score,
        local=False,
        check=lambda n, s, target: _check_channels(n, s, target, len(s) - 2),
        title="a target's {layer}",
    ),
    "style": Term(
        style_score, local=False, check=check_style, title="the style of examples in {layer}"
    ),
    "content": Term(
        content_score, "layer_and_source", local=False, title="the source's content in {layer}"
    ),
    "diversity": Term(diversity_score, local=False),
    "total_variation": Term(total_variation_score, "input", local=False, title="smoothness"),
    "l2_to_source": Term(l2_to_source_score, "input_and_source", title="nearness to the source"),
    "energy_protection": Term(
        energy_protection_score, "input_and_source", local=False, title="levels of the source"
    ),
}
