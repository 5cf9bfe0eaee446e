"""Guided objectives: a dream adopts the features of other sounds or pictures, the guides.

Guides are a list of arrays, each shaped as the model's input, at the model's sample rate: one
example, or a batch of examples that count as one guide. Lengths may differ where the model allows
it.
"""

import functools
import operator
from collections.abc import Callable, Sequence

import keras
import numpy as np

from keras_sounddream.checks import check, integer
from keras_sounddream.deepdream.objectives.activations import examples_of, reader
from keras_sounddream.deepdream.objectives.guide_checks import (
    checked_cells,
    checked_guides,
    checked_weights,
)
from keras_sounddream.deepdream.objectives.objective import Objective, term
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

_TINY = 1e-12


def _softmax(values):
    powers = np.exp(values - values.max())
    return powers, powers.sum()


_NORMALIZATIONS: dict[str, Callable] = {  # each returns a numerator and a denominator
    "max": lambda values: (values, np.abs(values).max()),
    "sum": lambda values: (values, np.abs(values).sum()),
    "softmax": _softmax,
    "zscore": lambda values: (values - values.mean(), values.std()),
    "l2": lambda values: (values, np.linalg.norm(values)),
}


def guided(
    model: keras.Model,
    layers: Sequence[str],
    guides: Sequence[Array],
    weights: Sequence[float] | None = None,
    normalization: str = "max",
) -> Objective:
    """Raises the channels that guides activate: a sum of channels, weighted by the guides' means.

    A guide's weight for a channel is its mean activation there, over positions and over the
    examples of a batch, normalised over the layer's channels; several guides' weights are added.

    Args:
        model: functional, with one input.
        layers: layers of the model; each is a term of weight 1.
        guides: float arrays, shaped as the model's input, with or without a batch axis.
        weights: one per guide, negative for a guide to be avoided; by default equal, of sum 1.
        normalization: divisor of a guide's means: `"max"` (the largest magnitude), `"sum"` (the
            sum of magnitudes), `"l2"` (the Euclidean norm), `"softmax"`, or `"zscore"` (the
            standard deviation, after their mean is subtracted).

    Raises:
        InputError: if a layer is unknown; a guide is empty, silent, not finite or of another shape
            than the model's input, or leaves a layer at zero; or `weights` or `normalization` is
            wrong.

    Reference: Mordvintsev et al., *Inceptionism*, 2015,
    https://research.google/blog/inceptionism-going-deeper-into-neural-networks/
    """
    return _guided("guided", model, layers, guides, weights, normalization, cells=None)


def guided_locally(
    model: keras.Model,
    layers: Sequence[str],
    guides: Sequence[Array],
    weights: Sequence[float] | None = None,
    normalization: str = "max",
    cells: Sequence[int] = (8, 8),
) -> Objective:
    """Raises, at each position, the channels that guides activate at that position.

    As `guided`, with a guide's activations averaged in the cells of a grid over its positions;
    they are normalised over all cells and channels together, so a position where the guide is quiet
    has small weights. The grid is stretched over the dream, whatever its length, and the weights
    between the middles of its cells are interpolated linearly.

    Args:
        model: functional, with one input.
        layers: layers of the model; each is a term of weight 1.
        guides: see `guided`.
        weights: see `guided`.
        normalization: see `guided`.
        cells: number along each position axis (time, then frequency; height, then width); a layer
            with fewer such axes takes the first.

    Raises:
        InputError: as `guided` does, or if a layer has no positions, or more axes of them than
            `cells` has numbers.
    """
    return _guided("guided_locally", model, layers, guides, weights, normalization, cells)


def matched(
    model: keras.Model,
    layer: str,
    guides: Sequence[Array],
    most_vectors: int = 256,
    seed: int = 0,
) -> Objective:
    """Makes the features at each position more similar to the most similar ones of the guides.

    The score at a position is the largest dot product of the features there with the guides'
    features at any position.

    Args:
        model: functional, with one input.
        layer: a layer of the model.
        guides: see `guided`.
        most_vectors: number of the guides' positions that are drawn at random; at least 1.
        seed: of the draw; at least 0.

    Raises:
        InputError: if the layer is unknown; a guide is empty, silent, not finite or of another
            shape than the model's input; or `most_vectors` or `seed` is out of its range.

    Reference: Mordvintsev et al., *DeepDream*, 2015, https://github.com/google/deepdream
    """
    most_vectors = check("most_vectors", most_vectors, integer(1))
    seed = check("seed", seed, integer(0))
    read = reader(model, [layer])
    guides = checked_guides(model, guides)
    features = [read(example)[layer] for guide in guides for example in examples_of(guide)]
    vectors = np.concatenate([values.reshape(-1, values.shape[-1]) for values in features])
    count = min(most_vectors, len(vectors))
    drawn = np.random.default_rng(seed).choice(len(vectors), count, replace=False)
    return term("matched", layer, vectors=vectors[np.sort(drawn)].tolist())


def inverted(model: keras.Model, layers: Sequence[str], target: Array) -> Objective:
    """Brings layers, at each position, to the activations of a target: feature inversion.

    The score is minus the squared distance between the activations and the target's, divided by
    that of the target's from zero: -1 for a layer of zeros, 0 at best.

    Args:
        model: functional, with one input.
        layers: layers of the model; each is a term of weight 1.
        target: float array of one example, shaped as the model's input, with or without a batch
            axis; its activations are stretched over a dream of another length.

    Raises:
        InputError: if a layer is unknown; the target is more than one example, empty, silent, not
            finite or of another shape than the model's input; or it leaves a layer at zero.

    Reference: Mahendran and Vedaldi, *Understanding Deep Image Representations by Inverting Them*,
    2015, https://doi.org/10.1109/CVPR.2015.7299155
    """
    read = reader(model, layers)
    (example,) = checked_guides(model, [target])
    if len(example) != 1:
        raise InputError(f"Expected one example to invert. Received: {len(example)}")
    activations = {name: values[0] for name, values in read(example).items()}
    for name, values in activations.items():
        if not values.any():
            raise InputError(f"Layer {name!r} outputs only zeros: there is nothing to invert.")
    return _sum(term("inverted", name, target=x.tolist()) for name, x in activations.items())


def _guided(kind, model, layers, guides, weights, normalization, cells):
    read = reader(model, layers)
    cells = {name: checked_cells(model, name, cells) for name in layers}
    guides = checked_guides(model, guides)
    weights = checked_weights(weights, len(guides))
    combined = dict.fromkeys(layers, 0.0)
    for guide, weight in zip(guides, weights, strict=True):
        for name, values in _means(read, guide, cells).items():
            combined[name] = combined[name] + weight * _normalized(values, normalization, name)
    return _sum(term(kind, name, weights=x.tolist()) for name, x in combined.items())


def _sum(objectives):
    return functools.reduce(operator.add, objectives)


def _means(read, guide, cells):
    """Activations of each layer, averaged over a guide's examples and in cells of positions."""
    sums = dict.fromkeys(cells, 0.0)
    for example in examples_of(guide):
        for name, values in read(example).items():
            sums[name] = sums[name] + _in_cells(values[0], cells[name])
    return {name: values / len(guide) for name, values in sums.items()}


def _in_cells(values, cells):
    """Averages `(*positions, channels)` in cells; over all positions where `cells` is empty."""
    if not cells:
        return values.mean(axis=tuple(range(values.ndim - 1)))
    for axis, count in enumerate(cells):
        shares = _overlaps(count, values.shape[axis])
        values = np.moveaxis(np.tensordot(shares, values, axes=(1, axis)), 0, axis)
    return values


def _overlaps(cells, positions):
    """Share of each cell that each position fills: `(cells, positions)`, rows of sum 1."""
    cell, position = np.arange(cells)[:, None], np.arange(positions)[None]
    start = np.maximum(cell / cells, position / positions)
    stop = np.minimum((cell + 1) / cells, (position + 1) / positions)
    return np.maximum(stop - start, 0.0) * cells


def _normalized(values, normalization, name):
    if not isinstance(normalization, str) or normalization not in _NORMALIZATIONS:
        raise InputError(
            f"`normalization` must be one of {', '.join(_NORMALIZATIONS)}. "
            f"Received: {normalization!r}"
        )
    numerator, size = _NORMALIZATIONS[normalization](values)
    if not size > _TINY:
        raise InputError(
            f"A guide sets no direction in layer {name!r}: all its mean activations there are "
            f"{values.flat[0]:g}. Choose another layer or guide."
        )
    return numerator / size
