"""Objectives: functions that build the scores that a dream maximises.

An objective turns a model's activations into one score per example. Objectives add and scale:
`0.2 * channel("block2_conv2", 3) + layer("block3_conv2")`. All are to be raised: those that
hold a dream back (`total_variation`, `l2_to_source`, `energy_protection`, `diversity`) are at
most 0.
"""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_sounddream.checks import check, choice, integer, number
from keras_sounddream.deepdream.network.lookup import INPUT, find_class, find_label
from keras_sounddream.deepdream.objectives.guides import guided, guided_locally, inverted, matched
from keras_sounddream.deepdream.objectives.objective import Objective, custom, finite_list, term
from keras_sounddream.deepdream.objectives.spelling import read_layer
from keras_sounddream.deepdream.objectives.styles import content, style
from keras_sounddream.deepdream.objectives.terms import READS, TERMS, Term
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

__all__ = [
    "Objective",
    "as_objective",
    "channel",
    "content",
    "custom",
    "direction",
    "diversity",
    "energy_protection",
    "find_class",
    "find_label",
    "guided",
    "guided_locally",
    "inverted",
    "l2_to_source",
    "layer",
    "logit",
    "logit_difference",
    "matched",
    "neurons",
    "parse",
    "register",
    "style",
    "total_variation",
]


def layer(name: str) -> Objective:
    """Reads a whole layer: the mean of its squared activations.

    Args:
        name: of a layer of the model.
    """
    return term("layer", name)


def channel(name: str, index: int) -> Objective:
    """Reads one channel of a layer: the mean of its squared positive activations.

    Args:
        name: of a layer of the model.
        index: along the layer's last axis.
    """
    return term("channel", name, index=_index(index))


def neurons(
    name: str, indices: Sequence[int], box: Sequence[tuple[float, float]] | None = None
) -> Objective:
    """Reads a group of channels, everywhere or in a box: their mean squared positive activation.

    Args:
        name: of a layer of the model.
        indices: along the layer's last axis.
        box: pairs `(start, stop)`, one per position axis, as fractions from 0 to 1 of that axis
            (time, then frequency; height, then width): the positions whose middle lies inside are
            read, at least the nearest one.

    Raises:
        InputError: if `indices` is empty or `box` is not of such pairs.
    """
    if not isinstance(indices, list | tuple | range | np.ndarray) or np.ndim(indices) != 1:
        raise InputError(f"Expected a list of channels in `indices`. Received: {indices!r}")
    indices = [_index(index) for index in indices]
    if not indices:
        raise InputError("Expected at least one channel in `indices`. Received none.")
    if box is None:
        return term("neurons", name, indices=indices)
    box = finite_list("box", box, rank=2)
    if not all(len(side) == 2 and 0 <= side[0] <= side[1] <= 1 for side in box):
        raise InputError(f"`box` must be pairs (start, stop) from 0 to 1. Received: {box}")
    return term("neurons_at", name, indices=indices, box=box)


def logit(index: int, layer: str | None = None) -> Objective:
    """Reads the logit of a class: its score before the softmax, averaged over positions.

    Args:
        index: of the class; `find_label` gives that of a label.
        layer: a layer of the model, read before its activation function; by default the
            model's last.
    """
    return term("logit", layer, index=_index(index))


def logit_difference(index: int, other: int, layer: str | None = None) -> Objective:
    """Reads by how much the logit of a class exceeds that of another.

    Args:
        index: of the class to raise.
        other: of the class to lower.
        layer: that scores both classes; see `logit`.
    """
    return logit(index, layer) - logit(other, layer)


def direction(name: str, vector: Array, cosine_power: float = 1.0) -> Objective:
    """Reads a direction among a layer's channels: the dot product, weighted by the cosine.

    The dot product alone can be raised by going far in other directions too; times a power of
    the cosine (of at least 0.1) it rewards activations along the direction.

    Args:
        name: of a layer of the model.
        vector: floats `(channels,)`, of any length but 0.
        cosine_power: 0 or more; 0 for the dot product alone.

    Raises:
        InputError: if `vector` is all zeros or not finite, or `cosine_power` is negative.

    Reference: Carter et al., *Activation Atlas*, 2019, https://doi.org/10.23915/distill.00015
    """
    vector = finite_list("vector", vector, rank=1)
    if not any(vector):
        raise InputError("Expected a `vector` that points somewhere. Received only zeros.")
    cosine_power = float(check("cosine_power", cosine_power, number(0)))
    return term("direction", name, vector=vector, cosine_power=cosine_power)


def diversity(name: str) -> Objective:
    """Sets the examples of a batch apart: minus the mean cosine of their Gram matrices.

    An example's score is minus the mean, over the other examples, of the cosine between the Gram
    matrices of the layer's channels; 0 for an example that is alone.

    Args:
        name: of a layer of the model.

    Reference: Olah et al., *Feature Visualization*, 2017, https://doi.org/10.23915/distill.00007
    """
    return term("diversity", name)


def total_variation() -> Objective:
    """Smooths the dream: minus the mean absolute difference of neighbours.

    Neighbours are samples of a waveform, or pixels down and across (the two means are added).

    Reference: Rudin et al., *Nonlinear total variation based noise removal algorithms*, 1992,
    https://doi.org/10.1016/0167-2789(92)90242-F
    """
    return term("total_variation", INPUT)


def l2_to_source() -> Objective:
    """Keeps the dream near its source: minus the mean squared difference."""
    return term("l2_to_source", INPUT)


def energy_protection(stretch: int | None = None) -> Objective:
    """Keeps the level of the source: minus the mean squared difference of local levels.

    The level is half the natural logarithm of a stretch's mean square (nepers, of 8.7 dB), and
    anything below -80 dB (of 1) counts as silence.

    Args:
        stretch: samples of a waveform or pixels along each side of a square patch; by
            default 1024 samples or 16 pixels.

    Raises:
        InputError: if `stretch` is not an int above 0.
    """
    stretch = None if stretch is None else check("stretch", stretch, integer(1))
    return term("energy_protection", INPUT, stretch=stretch)


def as_objective(value: Any) -> Objective:
    """An objective from an `Objective`, from text as for `parse`, or from a function.

    Args:
        value: `Objective`; `"block3_conv2"` or `"block3_conv2:7"`; or a function of the model's
            output, as for `custom`.

    Raises:
        InputError: if it is none of these.
    """
    if isinstance(value, Objective):
        return value
    if isinstance(value, str):
        return parse(value)
    if callable(value):
        return custom(value)
    raise InputError(
        "Expected an objective, such as layer('conv1'), the name of a layer, or a function. "
        f"Received: {value!r}"
    )


def register(
    name: str, reads: str = "layer", local: bool = False
) -> Callable[[Callable], Callable[..., Objective]]:
    """Decorator: registers a function of activations as a kind of objective, which can be saved.

    The decorated function becomes a constructor `(layer=None, **settings)`, or `(**settings)`
    where no layer is read, of objectives that add, scale, save and reload like the others. Before
    a dream with one is loaded, the module that registers it must have been imported.

    Args:
        name: an identifier that no other kind has.
        reads: `"layer"`, for a function of activations; `"logits"`, of a layer's output before
            its activation function; `"input"`, of the dream so far; `"input_and_source"`, of that
            and of the source; `"layer_and_source"`, of activations and of the source's.
        local: whether the score at a position depends only on the values there, as exact tiles
            require.

    Raises:
        InputError: if there is such a kind, or no such `reads`.

    Example:
        @objectives.register("loudest")
        def loudest(activation, power):
            return keras.ops.max(activation, axis=-1) ** power

        dream = DeepDream(model, loudest("block3_conv2", power=2.0))
    """
    check("reads", reads, choice(READS))
    if not (isinstance(name, str) and name.isidentifier()) or name in TERMS:
        raise InputError(f"Expected a new name, an identifier. Received: {name!r}")

    def decorate(function):
        TERMS[name] = Term(function, reads, local, any_layer=True)

        @functools.wraps(function)
        def construct(layer=None, **settings):
            return term(name, INPUT if reads.startswith("input") else layer, **settings)

        return construct

    return decorate


def parse(text: str) -> Objective:
    """Parses an objective as the command line spells it.

    Args:
        text: `"block3_conv2"` for a layer or `"block3_conv2:7"` for a channel.

    Raises:
        InputError: if the text after the colon is not a number.
    """
    name, index = read_layer(text)
    return layer(name) if index is None else channel(name, index)


def _index(value):
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise InputError(f"Expected an index, a whole number. Received: {value!r}") from None
