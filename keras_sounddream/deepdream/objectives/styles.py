"""Objectives of style transfer: the statistics of examples, and the content of the source.

A style is a statistic of a layer's activations over their positions, such as the Gram matrix of its
channels: it holds which features go together, and not where. Content is the activations at their
places.
"""

import functools
import operator
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_sounddream.checks import check, choice, flag
from keras_sounddream.deepdream.objectives import spelling, statistics
from keras_sounddream.deepdream.objectives.activations import examples_of, reader
from keras_sounddream.deepdream.objectives.guide_checks import checked_guides, checked_weights
from keras_sounddream.deepdream.objectives.objective import Objective, finite_list, term
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

MOST_NUMBERS = 2**22  # of a layer's statistic


def style(
    model: keras.Model,
    layers: Sequence[str],
    examples: Sequence[Array],
    weights: Sequence[float] | None = None,
    statistic: str = "gram",
    over: str = "positions",
    mask: Array | None = None,
    relative: bool = True,
) -> Objective:
    """Brings the statistics of layers to those of examples: their style, or texture.

    The score is minus the squared distance between the statistic and the examples' weighted mean,
    divided by the squared norm of that mean: 0 at best, -1 for a layer of zeros.

    Args:
        model: functional, with one input.
        layers: layers of the model; each is a term of weight 1.
        examples: float arrays, shaped as the model's input, with or without a batch axis, of any
            length or size that the model takes; a batch counts as one example, by its mean.
        weights: share of each example, 0 or more; by default equal; they are divided by their sum.
        statistic: `"gram"`, mean products of the channels; `"correlation"`, those of the channels
            less their means and divided by their deviations; `"power"`, each channel's mean square;
            or `"moments"`, each channel's mean, standard deviation, skewness and kurtosis, which
            are compared each in its own scale.
        over: `"positions"`, all of them; or `"time"`, so that each frequency band (the positions
            along all axes but the first) has a statistic of its own.
        mask: float, 0 or more, a grid over the first of the dream's position axes (time, then
            frequency; height, then width) that is stretched over it: where the dream is to have the
            style.
        relative: `False` for the mean squared difference, as Gatys et al. take it, so that a
            layer's weight grows with its activations.

    Raises:
        InputError: if a layer is unknown, or has too many channels; an example is empty, silent,
            not finite or of another shape than the model's input, or leaves a layer at zero; or
            another argument is none of these.

    References:
        Gatys et al., *Image Style Transfer Using Convolutional Neural Networks*, 2016,
        https://doi.org/10.1109/CVPR.2016.265
        McDermott and Simoncelli, *Sound Texture Perception via Statistics of the Auditory
        Periphery*, 2011, https://doi.org/10.1016/j.neuron.2011.06.032 (moments, correlations)
    """
    kind = {
        "statistic": check("statistic", statistic, choice(spelling.STATISTICS)),
        "over": check("over", over, choice(spelling.OVER)),
    }
    relative = check("relative", relative, flag())
    read = reader(model, layers)
    examples = checked_guides(model, examples, "Example")
    targets: dict[str, Any] = dict.fromkeys(layers, 0.0)
    for example, share in zip(examples, _shares(weights, len(examples)), strict=True):
        for name, values in _measured(read, example, kind).items():
            targets[name] = targets[name] + share * values
    where = {} if mask is None else {"mask": checked_mask(mask)}
    return _sum(
        term("style", name, **kind, target=target.tolist(), relative=relative, **where)
        for name, target in targets.items()
    )


def content(layers: Sequence[str], relative: bool = True) -> Objective:
    """Keeps the source's activations, position by position: its content.

    The score is minus the squared distance between the dream's activations and the source's,
    divided by that of the source's from zero: 0 for the source, -1 for a layer of zeros.

    Args:
        layers: layers of the model; each is a term of weight 1.
        relative: `False` for the mean squared difference.

    Raises:
        InputError: if `layers` is no list of names.

    Reference: Gatys et al., 2016, https://doi.org/10.1109/CVPR.2016.265
    """
    if not isinstance(layers, list | tuple) or not layers:
        raise InputError(f"Expected a list of layer names. Received: {layers!r}")
    relative = check("relative", relative, flag())
    return _sum(term("content", name, relative=relative) for name in layers)


def checked_mask(mask: Any) -> list:
    """A mask as nested lists of finite numbers, 0 or more, not all 0."""
    rank = 1 if np.ndim(mask) == 1 else 2
    mask = finite_list("mask", mask, rank)
    if np.min(mask) < 0 or np.max(mask) == 0:
        raise InputError(
            "`mask` must be 0 or more, and more somewhere. Received: "
            f"{np.min(mask):g} to {np.max(mask):g}"
        )
    return mask


def _shares(weights, count):
    shares = np.asarray(checked_weights(weights, count, "example"))
    if shares.min() < 0 or shares.sum() == 0:
        raise InputError(f"`weights` must be 0 or more, and one above 0. Received: {weights}")
    return shares / shares.sum()


def _measured(read, batch, kind):
    """A batch's mean statistic of each layer, by its name: float32 `(kinds, numbers)`."""
    of_examples = [
        {name: _statistic(name, values, kind) for name, values in read(example).items()}
        for example in examples_of(batch)
    ]
    return {name: np.mean([one[name] for one in of_examples], axis=0) for name in of_examples[0]}


def _statistic(name, values, kind):
    if not values.any():
        raise InputError(f"Layer {name!r} outputs only zeros for an example: it has no style.")
    groups = values.shape[2:-1] if kind["over"] == "time" else ()
    shape = statistics.STATISTICS[kind["statistic"]].shape(int(np.prod(groups)), values.shape[-1])
    if np.prod(shape) > MOST_NUMBERS:
        raise InputError(
            f"The {kind['statistic']} of layer {name!r} would be {np.prod(shape):,} numbers: "
            f"choose a layer of fewer channels{' or over=positions' if groups else ''}."
        )
    return keras.ops.convert_to_numpy(
        statistics.measure(keras.ops.convert_to_tensor(values), **kind)
    )[0]


def _sum(objectives):
    return functools.reduce(operator.add, objectives)
