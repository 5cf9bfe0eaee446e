"""Objectives that a guide sets: a sound or a picture whose features the dream is to take on.

Guides come as a list of arrays, each as the model takes it, at the model's rate: one example, or a
batch of examples that count as one guide. Lengths may differ where the model allows it.
"""

import keras
import numpy as np
from keras import ops

from keras_sounddream.deepdream.objective import find_layer, finite_list, of_kind
from keras_sounddream.deepdream.parts import join_parts, layers_of_parts
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
        InputError: if a layer is unknown; a guide is empty, not finite or of another shape than
            the model takes, or leaves a layer at zero; or `weights` or `normalization` is wrong.

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
        InputError: if the layer is unknown; a guide is empty, not finite or of another shape than
            the model takes; or `most_vectors` or `seed` is not an int from 1 or 0 on.

    Reference: Mordvintsev et al., *DeepDream*, 2015, https://github.com/google/deepdream
    """
    for argument, value, least in (("most_vectors", most_vectors, 1), ("seed", seed, 0)):
        if not (isinstance(value, int) and value >= least):
            raise InputError(f"`{argument}` must be an int from {least} on. Received: {value!r}")
    read = _reader(model, [layer])
    guides = _checked_guides(model, guides)
    features = [read(example)[layer] for guide in guides for example in _examples(guide)]
    vectors = np.concatenate([values.reshape(-1, values.shape[-1]) for values in features])
    count = min(most_vectors, len(vectors))
    drawn = np.random.default_rng(seed).choice(len(vectors), count, replace=False)
    return of_kind("matched", layer, vectors=vectors[np.sort(drawn)].tolist())


def _guided(kind, model, layers, guides, weights, normalization, cells):
    read = _reader(model, layers)
    cells = {name: _checked_cells(model, name, cells) for name in layers}
    guides = _checked_guides(model, guides)
    weights = _checked_weights(weights, len(guides))
    combined = dict.fromkeys(layers, 0.0)
    for guide, weight in zip(guides, weights, strict=True):
        for name, values in _means(read, guide, cells).items():
            combined[name] = combined[name] + weight * _normalized(values, normalization, name)
    return sum(of_kind(kind, name, weights=combined[name].tolist()) for name in combined)


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
    if normalization not in _NORMALIZATIONS:
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
    if isinstance(layers, str) or not layers:
        raise InputError(f"Expected a list of layer names. Received: {layers!r}")
    if len(model.inputs) != 1:
        raise InputError(f"Expected a model with one input. {model.name} has {len(model.inputs)}.")
    for name in layers:
        of_kind("layer", name).check(model)
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


def _checked_cells(model, name, cells):
    """Cells along each position axis of a layer; none for means over all positions."""
    if cells is None:
        return ()
    axes = len(find_layer(model, name).output.shape) - 2
    if not axes:
        raise InputError(f"Layer {name!r} has no positions to be guided at. Use `guided`.")
    if not all(isinstance(count, int) and count > 0 for count in cells) or len(cells) < axes:
        raise InputError(
            f"`cells` must be at least {axes} ints above 0 for layer {name!r}. Received: {cells}"
        )
    return tuple(cells[:axes])


def _checked_guides(model, guides):
    """Guides as float32 arrays with a batch axis, and a channel where the model asks for one."""
    if not isinstance(guides, list | tuple | np.ndarray):
        raise InputError(f"Expected a list of guides. Received: {type(guides).__name__}")
    if len(guides) == 0:
        raise InputError("Expected at least one guide. Received none.")
    return [_checked_guide(model, number, guide) for number, guide in enumerate(guides, start=1)]


def _checked_guide(model, number, guide):
    expected = tuple(model.inputs[0].shape)
    try:
        guide = received = np.asarray(guide, "float32")
    except (TypeError, ValueError):
        received = type(guide).__name__
        raise InputError(f"Guide {number} must be an array. Received: {received}") from None
    if expected[-1] == 1 and len(expected) == 3 and guide.ndim < 3:
        guide = guide[..., None]  # waveforms without their channel
    if guide.ndim == len(expected) - 1:
        guide = guide[None]
    fits = guide.ndim == len(expected) and all(
        size in (None, length) for size, length in zip(expected[1:], guide.shape[1:], strict=True)
    )
    if not fits or not guide.size:
        raise InputError(
            f"Guide {number} must be of the shape that {model.name} takes, {expected}. "
            f"Received shape: {received.shape}"
        )
    if not np.isfinite(guide).all():
        raise InputError(f"Guide {number} must be finite numbers. It holds some that are not.")
    return guide


def _checked_weights(weights, count):
    if weights is None:
        return [1 / count] * count
    weights = finite_list("weights", weights, rank=1)
    if len(weights) != count:
        raise InputError(f"Expected {count} `weights`, one a guide. Received: {len(weights)}")
    return weights


def _examples(guide):
    return np.split(guide, len(guide))
