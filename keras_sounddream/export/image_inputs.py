"""Tasks of models that take pictures: their sizes, their signature, and pictures to compare on."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream.params.pixels import MODES, WHITE, preprocess, resize
from keras_sounddream.deepdream.validation import settle_preprocessing
from keras_sounddream.errors import InputError
from keras_sounddream.export.saved_model.lengths import option_value
from keras_sounddream.images import io

_SIZES = ((96, 128), (115, 101))  # rows and columns of the pictures that are made
_MOST_DOUBLINGS = 5  # of those, for a network that takes none so small


def extent(network, min_seconds):
    """Says what pictures a network takes.

    Args:
        network: `keras.Model` of pictures.
        min_seconds: `None`: what sounds are given.

    Returns:
        dict of attributes of `Task`.

    Raises:
        InputError: if there are `min_seconds`, or only one of rows and columns is fixed.
    """
    if min_seconds is not None:
        raise InputError(f"`min_seconds` is of sounds, and {network.name} takes pictures.")
    rows, columns = network.inputs[0].shape[1:3]
    if (rows is None) != (columns is None):
        raise InputError(
            f"Expected pictures of one size or of any. {network.name} takes: {rows} x {columns}"
        )
    size = None if rows is None else (rows, columns)
    of_sounds = dict.fromkeys(("sample_rate", "min_samples", "samples"))
    return {**of_sounds, "input": "picture", "size": size}


def taker(network, preprocessing):
    """Makes the function that brings pixels to what a network takes.

    Args:
        network: `keras.Model` of pictures.
        preprocessing: str, key of `picture.MODES`, or `None` for nothing.

    Returns:
        function from float32 `(batch, height, width, 3)` to the same shape.

    Raises:
        InputError: if there is no such mode, or pixels would be preprocessed twice.
    """
    preprocessing = "none" if preprocessing is None else preprocessing
    mode = settle_preprocessing(network, {"preprocessing": preprocessing})["preprocessing"]
    if mode not in MODES:
        raise InputError(f"`preprocessing` must be one of {', '.join(MODES)}. Received: {mode!r}")
    return lambda picture: preprocess(picture, mode)


def at_size(task, seconds, size, needed=False):
    """Fixes the size of picture that a task takes.

    Args:
        task: `Task` of pictures.
        seconds: `None`: what sounds are given.
        size: pair of int, rows and columns, or `None` for those of the model.
        needed: bool, whether there must be one.

    Returns:
        `Task` whose `size` is set, or this one, for any size.

    Raises:
        InputError: if the task does not take that size, or there is none where it is needed.
    """
    if seconds is not None:
        raise InputError(
            f"{task.model.name} takes pictures: give `size=(rows, columns)` (--size 240x320) in "
            f"place of `seconds`. Received: {seconds}."
        )
    if size is None:
        if needed and task.size is None:
            raise InputError(
                "A file of this format takes one size of picture. Give its rows and columns: "
                "`size=(240, 320)` (--size 240x320)."
            )
        return task
    size = _read_size(size)
    if task.size not in (None, size):
        own = f"{task.size[0]} x {task.size[1]}"
        raise InputError(f"{task.model.name} takes {own} pixels. Received `size`: {size}.")
    _check_size(task, size)
    return dataclasses.replace(task, size=size)


def check_own_sizes(tasks):
    """Checks that dreams of networks of one size of picture fit it at their smallest octave.

    Args:
        tasks: list of `Task`.

    Raises:
        InputError: if one does not.
    """
    for task in tasks:
        if task.size is not None and task.read is not None:
            _check_size(task, task.size)


def signature_function(task):
    """Makes what a signature of pictures computes.

    Args:
        task: `Task` of pictures.

    Returns:
        function from `picture`, float32 `(batch, height, width, 3)`, and the task's options, each
        `(batch,)`, to a dict of tensors. An option of 0 or less is its default.
    """

    def function(picture, **options):
        with tf.control_dependencies(_checks(task, picture)):
            picture = tf.identity(picture)
        if not task.options:
            return task.function(picture)

        def alone(example):
            one, own = example
            own = {name: option_value(name, task.options[name], own[name]) for name in own}
            return {k: v[0] for k, v in task.function(one[tf.newaxis], **own).items()}

        signature = dict.fromkeys(task.outputs, tf.float32)
        return tf.map_fn(alone, (picture, options), fn_output_signature=signature)

    return function


def pictures_for(task, pictures=None):
    """Brings pictures to what a task takes.

    Args:
        task: `Task` of pictures.
        pictures: sequence of paths of picture files, or of float32 `(1, height, width, 3)` arrays;
            by default made: of two sizes where the task takes any.

    Returns:
        list of float32 `(1, height, width, 3)`.

    Raises:
        InputError: if a picture cannot be read.
    """
    if pictures is None:
        return [picture_like(size, seed) for seed, size in enumerate(_made_sizes(task))]
    if not len(pictures):
        raise InputError("Expected at least one picture to compare on. Received none.")
    return [_fit(task, picture) for picture in pictures]


def picture_like(size, seed=0):
    """Makes a picture of soft colours, an edge, a fine pattern and noise.

    Args:
        size: pair of int, rows and columns.
        seed: int; other seeds give other pictures.

    Returns:
        float32 `(1, *size, 3)`, whole numbers in [0, 255].
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size[0], : size[1]] / np.reshape(size, (2, 1, 1))
    waves = rng.uniform(1, 9, (3, 2)) * 2 * np.pi
    planes = [np.sin(a * rows + b * columns) for a, b in waves]
    picture = 128 + 60 * np.stack(planes, -1) + rng.normal(0, 12, (*size, 3))
    picture += 40 * np.where((rows + columns > 1) & (columns < 0.8), 1, -1)[..., None]
    return np.clip(np.round(picture), 0, WHITE).astype("float32")[None]


def _read_size(size):
    try:
        rows, columns = (int(n) for n in size)
        fits = min(rows, columns) > 0 and (rows, columns) == tuple(size)
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise InputError(f"Expected `size` of two ints, rows and columns. Received: {size!r}")
    return rows, columns


def _check_size(task, size):
    if task.read is not None:  # a dream: at its smallest octave
        task.model.ascent.check(np.zeros((1, *size, 3), "float32"))
    elif not _takes(task.model, size):
        raise InputError(
            f"{size[0]} x {size[1]} pixels are too few for {task.model.name}: give a larger `size`."
        )


def _takes(model, size):
    try:
        found = model.compute_output_spec(keras.KerasTensor((1, *size, 3)))
    except (ValueError, TypeError):
        return False
    return all(0 not in tensor.shape for tensor in keras.tree.flatten(found))


def _made_sizes(task):
    if task.size is not None:
        return [task.size]
    for doubling in range(_MOST_DOUBLINGS):
        found = [(rows << doubling, columns << doubling) for rows, columns in _SIZES]
        try:
            for size in found:
                _check_size(task, size)
        except InputError:
            continue
        break
    return found


def _fit(task, picture):
    if not isinstance(picture, np.ndarray):
        picture = io.load_picture(picture)
    picture = np.asarray(picture, "float32").reshape(1, *np.shape(picture)[-3:])
    return picture if task.size is None else np.round(resize(picture, tf.constant(task.size)))


def _checks(task, picture):
    """Operations that fail, and say of what, where a task does not take pictures."""
    finite = tf.reduce_all(tf.math.is_finite(picture))
    rows = [(finite, f"Expected finite pixels for {task.name}. Of", tf.shape(picture))]
    if task.read is not None:
        within = tf.reduce_all((picture >= 0) & (picture <= WHITE))
        highest = tf.reduce_max(tf.abs(picture))
        rows.append((within, f"Expected pixels in [0, 255] for {task.name}. The largest", highest))
    return [
        tf.debugging.Assert(holds, [f"{message}. Received:", given])
        for holds, message, given in rows
    ]
