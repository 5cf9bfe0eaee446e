"""What layers answer to a sound or a picture: read strip by strip, so that memory is bounded."""

import math

import keras
import numpy as np
from keras import ops

from keras_sounddream.deepdream.network.patch_axis import join_parts, layers_of_parts
from keras_sounddream.deepdream.params.pixels import preprocess
from keras_sounddream.errors import InputError
from keras_sounddream.sonification.checks import (
    check_kind,
    check_layers,
    check_size,
    checked_source,
)
from keras_sounddream.sonification.chunks import cut_strips
from keras_sounddream.sonification.feature_maps import Planes

MOST_INPUTS = 2**20  # samples or pixels of a strip, with its margins


def read_activations(
    model, source, layers, legacy=False, preprocessing=None, most_inputs=MOST_INPUTS, tell=None
):
    """Reads what layers answer to sounds or pictures, as planes.

    What is long is cut along time, or along a picture's long edge, into strips with margins as
    wide as the layers reach: the answers are those of the whole. Layers that depend on all of the
    input are read off the whole.

    Args:
        model: `keras.Model`, functional, that takes sounds or pictures.
        source: float array `(samples,)` or `(batch, samples)` in [-1, 1], at the model's rate, or
            `(height, width, 3)` or `(batch, height, width, 3)` in [0, 255].
        layers: sequence of str.
        legacy: bool, whether the network sees a portrait picture turned over its diagonal, as in
            netsounds; else only its planes are turned.
        preprocessing: str, of pictures, key of `picture.MODES`; by default `"none"` for a model
            with a layer `front_end`, and `"tf"`.
        most_inputs: int, samples or pixels of a strip.
        tell: function of `(strips done, strips in all)`, called after each strip, or `None`.

    Returns:
        list, one an example, of dict from layer to `Planes`: float32 `(frames, bands)` of each
        filter, the long edge of a picture as frames.

    Raises:
        InputError: if the model takes neither, lacks a layer, or `source` is not for it: of another
            kind or shape, too small, silent or not finite.
    """
    of_pictures = check_kind(model)
    names = check_layers(model, layers)
    source = checked_source(model, source, of_pictures)
    portrait = of_pictures and source.shape[1] > source.shape[2]
    if portrait and legacy:
        source, portrait = source.transpose(0, 2, 1, 3), False
    check_size(model, names, source)
    order = (0, 3, 2, 1) if of_pictures and not portrait else (0, 3, 1, 2)
    read = _reader(model, names, order, of_pictures, preprocessing)
    axis = 1 if of_pictures and not portrait else 0
    whole = source.shape[1 + axis]
    length = most_inputs // (math.prod(source.shape[:3]) // whole)
    strips = cut_strips(model, names, whole, axis, length)
    found = None
    for number, strip in enumerate(strips, start=1):
        place = (slice(None),) * (1 + axis)
        pieces = read(source[(*place, slice(strip.start, strip.stop))])
        found = found or [_make_room(one, strip) for one in _by_example(pieces)]
        for planes, one in zip(found, _by_example(pieces), strict=True):
            for name, (first, last, frame) in strip.kept.items():
                planes[name].write(frame, one[name][:, first:last])
        if tell is not None:
            tell(number, len(strips))
    return found


def _reader(model, names, order, of_pictures, preprocessing):
    """A function from sounds or pictures to answers, float32 `(batch, filters, frames, bands)`."""
    prepare = _preparation(model, of_pictures, preprocessing)
    outputs = {name: model.get_layer(name).output for name in names}
    of_parts = layers_of_parts(model) & set(names)
    turned = [name for name, one in outputs.items() if len(one.shape) == 4 and name not in of_parts]
    for name in turned:  # by the device, many times quicker than by NumPy
        outputs[name] = keras.layers.Permute(order[1:])(outputs[name])
    network = keras.Model(model.inputs[0], outputs)

    def read(source):
        answers = network.predict_on_batch(prepare(source))
        for name in set(names) - set(turned):
            values = ops.convert_to_tensor(answers[name])
            values = join_parts(values, len(source)) if name in of_parts else values
            answers[name] = _turned(ops.convert_to_numpy(values), order)
        return {name: np.asarray(answers[name], "float32") for name in names}

    return read


def _preparation(model, of_pictures, preprocessing):
    """A function from sounds or pictures to what the model takes."""
    if not of_pictures:
        if preprocessing is not None:
            raise InputError("`preprocessing` is of pictures, and this network takes sounds.")
        with_channel = len(model.inputs[0].shape) == 3
        return lambda sounds: sounds[..., np.newaxis] if with_channel else sounds
    ready = "front_end" in (layer.name for layer in model.layers)
    if ready and preprocessing not in (None, "none"):
        raise InputError(
            f"{model.name} preprocesses pictures itself. Received: preprocessing={preprocessing!r}"
        )
    mode = preprocessing or ("none" if ready else "tf")
    return lambda pictures: ops.convert_to_numpy(preprocess(pictures, mode))


def _turned(values, order):
    """Answers with the axes that a layer lacks, channels first."""
    if values.ndim == 4:
        return values.transpose(order)
    values = values[:, np.newaxis] if values.ndim == 2 else values
    return values.transpose(0, 2, 1)[..., np.newaxis]


def _by_example(pieces):
    """Each example's answers: dicts from layer to float32 `(filters, frames, bands)`."""
    names, count = list(pieces), len(next(iter(pieces.values())))
    return [{name: pieces[name][i] for name in names} for i in range(count)]


def _make_room(pieces, strip):
    """Planes for all answers of an example, of whose first strip the shapes are known."""
    return {
        name: Planes(piece.shape[0], piece.shape[1] + strip.missing[name], piece.shape[2])
        for name, piece in pieces.items()
    }
