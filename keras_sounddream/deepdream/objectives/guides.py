"""Objectives that a guide sets: a sound or a picture whose features the dream is to take on.

Guides come as a list of arrays, each as the model takes it, at the model's rate: one example, or a
batch of examples that count as one guide. Lengths may differ where the model allows it.
"""

import keras
import numpy as np
from keras import ops

from keras_sounddream.deepdream.network.checks import check_network
from keras_sounddream.deepdream.network.lookup import find_layer
from keras_sounddream.deepdream.network.patch_axis import join_parts, layers_of_parts
from keras_sounddream.deepdream.objectives.guide_checks import (
    checked_cells,
    checked_guides,
    checked_weights,
)
from keras_sounddream.deepdream.objectives.objective import term
from keras_sounddream.errors import InputError

_TINY = 1e-12


def _softmax(values):
    powers = np.exp(values - values.max())
    return powers, powers.sum()


_NORMALIZATIONS = {  # each to what is divided, and by what
    "max": lambda values: (values, np.abs(values).max()),
    "sum": lambda values: (values, np.abs(values).sum()),
    "softmax": _softmax,
    "zscore": lambda values: (values - values.mean(), values.std()),
    "l2": lambda values: (values, np.linalg.norm(values)),
}


def guided(model, layers, guides, weights=None, normalization="max"):
    """Raises the channels that guides raise: the sum of activations by the guides' own.

    A guide's weight for a channel is its mean activation there, over positions and over the
    examples of a batch, normalised over the layer's channels; several guides' weights are added.

    Args:
        model: `keras.Model`, functional, with one input.
        layers: sequence of str, layers of the model; each is a term of weight 1.
        guides: list of float arrays, as the model takes them, with or without a batch axis.
        weights: sequence of float, one a guide, negative for a guide to be avoided; by default
            equal, of sum 1.
        normalization: how the means of a guide are brought to a common size: `"max"` (divided by
            the largest, in size), `"sum"` (by the sum of sizes), `"l2"` (by the root of the sum of
            squares), `"softmax"`, or `"zscore"` (less their mean, by their standard deviation).

    Returns:
        `Objective`.

    Raises:
        InputError: if a layer is unknown; a guide is empty, silent, not finite or of another shape
            than the model takes, or leaves a layer at zero; or `weights` or `normalization` is
            wrong.

    Reference: Mordvintsev et al., *Inceptionism*, 2015,
    https://research.google/blog/inceptionism-going-deeper-into-neural-networks/
    """
    return _guided("guided", model, layers, guides, weights, normalization, cells=None)


def guided_locally(model, layers, guides, weights=None, normalization="max", cells=(8, 8)):
    """Raises, at each place, the channels that guides raise at that place.

    As `guided`, with a guide's activations averaged in the cells of a grid over its positions;
    they are normalised over all cells and channels together, so a place where the guide is quiet
    asks for little. The grid is stretched over the dream, whatever its length, and the weights
    between the middles of its cells are interpolated linearly.

    Args:
        model: as `guided` takes it, and so are `layers`, `guides`, `weights`, `normalization`.
        cells: sequence of int, how many along each position axis (time, then frequency; height,
            then width); a layer with fewer such axes takes the first.

    Returns:
        `Objective`.

    Raises:
        InputError: as `guided` does, or if a layer has no positions, or more axes of them than
            `cells` has numbers.
    """
    return _guided("guided_locally", model, layers, guides, weights, normalization, cells)


def matched(model, layer, guides, most_vectors=256, seed=0):
    """Makes each position alike to the place in the guides that it is most alike to already.

    The score at a position is the largest dot product of the features there with the guides'
    features at any position.

    Args:
        model: as `guided` takes it.
        layer: str, a layer of the model.
        guides: as `guided` takes them.
        most_vectors: int; of the guides' positions so many are drawn, and kept.
        seed: int, of the draw.

    Returns:
        `Objective`.

    Raises:
        InputError: if the layer is unknown; a guide is empty, silent, not finite or of another
            shape than the model takes; or `most_vectors` or `seed` is not an int from 1 or 0 on.

    Reference: Mordvintsev et al., *DeepDream*, 2015, https://github.com/google/deepdream
    """
    for argument, value, least in (("most_vectors", most_vectors, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not (isinstance(value, int) and value >= least):
            raise InputError(f"`{argument}` must be an int from {least} on. Received: {value!r}")
    read = _reader(model, [layer])
    guides = checked_guides(model, guides)
    features = [read(example)[layer] for guide in guides for example in _examples(guide)]
    vectors = np.concatenate([values.reshape(-1, values.shape[-1]) for values in features])
    count = min(most_vectors, len(vectors))
    drawn = np.random.default_rng(seed).choice(len(vectors), count, replace=False)
    return term("matched", layer, vectors=vectors[np.sort(drawn)].tolist())


def inverted(model, layers, target):
    """Makes layers answer, place by place, as they answer to a target: feature inversion.

    The score is minus the squared distance between the activations and the target's, ÷ that of
    the target's from zero: -1 for a silent layer, 0 at best.

    Args:
        model: as `guided` takes it.
        layers: sequence of str, layers of the model; each is a term of weight 1.
        target: float array of one example, as the model takes it, with or without a batch axis;
            its activations are stretched over what is dreamed if that is of another length.

    Returns:
        `Objective`.

    Raises:
        InputError: if a layer is unknown; the target is more than one example, empty, silent, not
            finite or of another shape than the model takes; or it leaves a layer at zero.

    Reference: Mahendran and Vedaldi, *Understanding Deep Image Representations by Inverting Them*,
    2015, https://doi.org/10.1109/CVPR.2015.7299155
    """
    read = _reader(model, layers)
    (example,) = checked_guides(model, [target])
    if len(example) != 1:
        raise InputError(f"Expected one example to invert. Received: {len(example)}")
    found = {name: values[0] for name, values in read(example).items()}
    for name, values in found.items():
        if not values.any():
            raise InputError(f"Layer {name!r} answers with zeros: there is nothing to invert.")
    return sum(term("inverted", name, target=found[name].tolist()) for name in found)


def _guided(kind, model, layers, guides, weights, normalization, cells):
    read = _reader(model, layers)
    cells = {name: checked_cells(model, name, cells) for name in layers}
    guides = checked_guides(model, guides)
    weights = checked_weights(weights, len(guides))
    combined = dict.fromkeys(layers, 0.0)
    for guide, weight in zip(guides, weights, strict=True):
        for name, values in _means(read, guide, cells).items():
            combined[name] = combined[name] + weight * _normalized(values, normalization, name)
    return sum(term(kind, name, weights=combined[name].tolist()) for name in combined)


def _means(read, guide, cells):
    """Activations of each layer, averaged over a guide's examples and in cells of positions."""
    sums = dict.fromkeys(cells, 0.0)
    for example in _examples(guide):
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
    """Which share of each cell each position fills: `(cells, positions)`, rows of sum 1."""
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


def _reader(model, layers):
    """Checks layers and makes a function from an example to their activations, as NumPy."""
    check_network(model)
    if not isinstance(layers, list | tuple) or not layers:
        raise InputError(f"Expected a list of layer names. Received: {layers!r}")
    for name in layers:
        term("layer", name).check(model)
    outputs = {name: find_layer(model, name).output for name in layers}
    network = keras.Model(model.inputs[0], outputs)
    of_parts = layers_of_parts(model) & set(layers)

    def read(example):
        activations = network(example, training=False)
        activations |= {name: join_parts(activations[name], 1) for name in of_parts}
        return {
            name: ops.convert_to_numpy(ops.cast(values, "float32"))
            for name, values in activations.items()
        }

    return read


def _examples(guide):
    return np.split(guide, len(guide))
