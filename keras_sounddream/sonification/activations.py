"""Activations of layers for a sound or picture, read chunk by chunk so that memory is bounded."""

import math
from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import ops

from keras_sounddream.deepdream.network.lookup import find_call
from keras_sounddream.deepdream.network.patch_axis import join_parts, layers_of_parts
from keras_sounddream.sonification.checks import check_layers, check_size
from keras_sounddream.sonification.chunks import cut_chunks
from keras_sounddream.sonification.feature_maps import FeatureMaps
from keras_sounddream.sonification.inputs import model_input
from keras_sounddream.types import Array

MOST_INPUTS = 2**20  # samples or pixels of a chunk, with its margins


def read_activations(
    model: keras.Model,
    source: Array,
    layers: Sequence[str],
    legacy: bool = False,
    preprocessing: str | None = None,
    most_inputs: int = MOST_INPUTS,
    tell: Callable[[int, int], object] | None = None,
) -> list[dict[str, FeatureMaps]]:
    """Reads the activations of layers for sounds or pictures, as feature maps.

    Long inputs are cut along time, or along a picture's long edge, into chunks with margins as
    wide as the layers' receptive fields, so that the activations are those of the whole. Layers
    that depend on all of the input are computed on the whole.

    Args:
        model: functional, takes sounds or pictures.
        source: float array `(samples,)` or `(batch, samples)` in [-1, 1], at the model's rate, or
            `(height, width, 3)` or `(batch, height, width, 3)` in [0, 255].
        layers: names of layers.
        legacy: whether the network gets a portrait picture transposed, as in netsounds; otherwise
            only its feature maps are transposed.
        preprocessing: pictures only: key of `images.front_end.MODES`; by default `"none"`
            for a model with a layer `front_end`, and `"tf"`.
        most_inputs: samples or pixels of a chunk.
        tell: called after each chunk with `(chunks done, chunks in all)`.

    Returns:
        one dict per example, from layer to `FeatureMaps`: float32 `(frames, bands)` for each
        filter, the long edge of a picture as frames.

    Raises:
        InputError: if the model takes neither kind of input, lacks a layer, or `source` is of
            another kind or shape, too small, silent or not finite.
    """
    kind = model_input(model)
    names = check_layers(model, layers)
    source, axis, order = kind.arrange(kind.check(source), legacy)
    check_size(model, names, source)
    read = _reader(model, names, order, kind.preparation(preprocessing))
    size = source.shape[1 + axis]
    length = most_inputs // (math.prod(source.shape[:3]) // size)
    chunks = cut_chunks(model, names, size, axis, length)
    examples: list[dict[str, FeatureMaps]] = []
    for number, chunk in enumerate(chunks, start=1):
        part = (*(slice(None),) * (1 + axis), slice(chunk.start, chunk.stop))
        pieces = read(source[part])
        examples = examples or [_make_room(one, chunk) for one in _by_example(pieces)]
        for maps, one in zip(examples, _by_example(pieces), strict=True):
            for name, (first, last, frame) in chunk.retained.items():
                maps[name].write(frame, one[name][:, first:last])
        if tell is not None:
            tell(number, len(chunks))
    return examples


def _reader(model, names, order, prepare):
    """A function from inputs to activations, float32 `(batch, filters, frames, bands)` by layer."""
    outputs = {name: find_call(model, name).output for name in names}
    in_parts = layers_of_parts(model) & set(names)
    on_device = [
        name for name, one in outputs.items() if len(one.shape) == 4 and name not in in_parts
    ]
    for name in on_device:  # transposed by the device, many times quicker than by NumPy
        outputs[name] = keras.layers.Permute(order[1:])(outputs[name])
    network = keras.Model(model.inputs[0], outputs)

    def read(source):
        activations = network.predict_on_batch(prepare(source))
        for name in set(names) - set(on_device):
            values = ops.convert_to_tensor(activations[name])
            values = join_parts(values, len(source)) if name in in_parts else values
            activations[name] = _transposed(ops.convert_to_numpy(values), order)
        return {name: np.asarray(activations[name], "float32") for name in names}

    return read


def _transposed(values, order):
    """Activations `(batch, channels, frames, bands)`, with the axes that a layer lacks."""
    if values.ndim == 4:
        return values.transpose(order)
    values = values[:, np.newaxis] if values.ndim == 2 else values
    return values.transpose(0, 2, 1)[..., np.newaxis]


def _by_example(pieces):
    """Activations of each example: dicts from layer to float32 `(filters, frames, bands)`."""
    count = len(next(iter(pieces.values())))
    return [{name: values[i] for name, values in pieces.items()} for i in range(count)]


def _make_room(pieces, chunk):
    """Empty feature maps for all of an example, given the activations of its first chunk."""
    return {
        name: FeatureMaps(piece.shape[0], piece.shape[1] + chunk.missing[name], piece.shape[2])
        for name, piece in pieces.items()
    }
