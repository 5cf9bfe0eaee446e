"""Inputs of image models in exported files: sizes, signature, and images to compare on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream import checks
from keras_sounddream.deepdream.params.pixels import MODES, preprocess, resize
from keras_sounddream.deepdream.validation import settle_preprocessing
from keras_sounddream.errors import InputError
from keras_sounddream.export.formats import Task
from keras_sounddream.export.saved_model.faults import (
    ERROR,
    fault,
    first_fault,
    without_faulty,
)
from keras_sounddream.export.saved_model.lengths import settle_options
from keras_sounddream.images import io
from keras_sounddream.images.pixel_range import WHITE
from keras_sounddream.types import Array, PathLike, Tensor

_SIZES = ((96, 128), (115, 101))  # rows and columns of the synthetic images
_MOST_DOUBLINGS = 5  # of those, for a network that takes none so small


def extent(network: keras.Model, min_seconds: float | None) -> dict[str, Any]:
    """Returns the fields of `Task` that describe a network's images; refuses `min_seconds`."""
    if min_seconds is not None:
        raise InputError(f"`min_seconds` is of sounds, and {network.name} takes pictures.")
    rows, columns = network.inputs[0].shape[1:3]
    if (rows is None) != (columns is None):
        raise InputError(
            f"Expected pictures of one size or of any. {network.name} takes: {rows} x {columns}"
        )
    size = None if rows is None else (rows, columns)
    sound_fields = dict.fromkeys(("sample_rate", "min_samples", "samples"))
    return {**sound_fields, "input": "picture", "size": size}


def taker(network: keras.Model, preprocessing: str | None) -> Callable[[Tensor], Tensor]:
    """Returns the function that preprocesses pixels in [0, 255], `(batch, height, width, 3)`."""
    preprocessing = "none" if preprocessing is None else preprocessing
    mode = settle_preprocessing(network, {"preprocessing": preprocessing})["preprocessing"]
    checks.check("preprocessing", mode, checks.choice(MODES))
    return lambda image: preprocess(image, mode)


def at_size(
    task: Task, seconds: float | None, size: tuple[int, int] | None, required: bool = False
) -> Task:
    """Returns a task of one size of image, or of any if none is given, nor required."""
    if seconds is not None:
        raise InputError(
            f"{task.model.name} takes pictures: give `size=(rows, columns)` (--size 240x320) in "
            f"place of `seconds`. Received: {seconds}."
        )
    if size is None:
        if required and task.size is None:
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


def check_own_sizes(tasks: Sequence[Task]) -> None:
    """Checks that dreams of networks of one size of image fit it at their smallest octave."""
    for task in tasks:
        if task.size is not None and task.read is not None:
            _check_size(task, task.size)


def signature_function(task: Task) -> Callable[..., dict[str, Tensor]]:
    """Returns what a SavedModel's signature of images computes.

    It takes `picture`, float32 `(batch, height, width, 3)`, and the task's options, each
    `(batch,)`; an option of 0 or less is its default. An image that the task does not take gives
    NaN, and its fault as `error`, string `(batch,)`.
    """

    def function(picture, **options):
        faults = _faults(task, picture)
        if task.options:
            return _one_by_one(task, picture, faults, options)
        good = tf.reshape(tf.equal(faults, ""), (-1, 1, 1, 1))
        return without_faulty(task.function(tf.where(good, picture, 0.0)), faults)

    return function


def _one_by_one(task, picture, faults, options):
    def alone(example):
        one, known, given = example
        given, more = settle_options(task, given)
        known = first_fault(known, *more)
        shapes = {name: tf.shape(one) if name == "picture" else [] for name in task.outputs}
        outputs = tf.cond(
            tf.equal(known, ""),
            lambda: {k: v[0] for k, v in task.function(one[tf.newaxis], **given).items()},
            lambda: {k: tf.fill(tf.cast(v, "int32"), float("nan")) for k, v in shapes.items()},
        )
        return {**outputs, ERROR: known}

    signature = {**dict.fromkeys(task.outputs, tf.float32), ERROR: tf.string}
    return tf.map_fn(alone, (picture, faults, options), fn_output_signature=signature)


def images_for(task: Task, images: Sequence[PathLike | Array] | None = None) -> list[Array]:
    """Returns images as a task takes them, float32 `(1, height, width, 3)`.

    They are synthetic unless given: of two sizes where the task takes any.
    """
    if images is None:
        return [image_like(size, seed) for seed, size in enumerate(_synthetic_sizes(task))]
    if not len(images):
        raise InputError("Expected at least one picture to compare on. Received none.")
    return [_fit(task, image) for image in images]


def image_like(size: tuple[int, int], seed: int = 0) -> Array:
    """Returns soft colours, an edge, a fine pattern and noise: whole float32 `(1, *size, 3)`."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size[0], : size[1]] / np.reshape(size, (2, 1, 1))
    waves = rng.uniform(1, 9, (3, 2)) * 2 * np.pi
    planes = [np.sin(a * rows + b * columns) for a, b in waves]
    image = 128 + 60 * np.stack(planes, -1) + rng.normal(0, 12, (*size, 3))
    image += 40 * np.where((rows + columns > 1) & (columns < 0.8), 1, -1)[..., None]
    return np.clip(np.round(image), 0, WHITE).astype("float32")[None]


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
    elif not task.fits((1, *size, 3)):
        raise InputError(
            f"{size[0]} x {size[1]} pixels are too few for {task.model.name}: give a larger `size`."
        )


def _synthetic_sizes(task):
    if task.size is not None:
        return [task.size]
    for doubling in range(_MOST_DOUBLINGS):
        sizes = [(rows << doubling, columns << doubling) for rows, columns in _SIZES]
        try:
            for size in sizes:
                _check_size(task, size)
        except InputError:
            continue
        break
    return sizes


def _fit(task, image):
    if not isinstance(image, np.ndarray):
        image = io.load_picture(image)
    is_one = image.ndim == 3 or (image.ndim == 4 and len(image) == 1)
    if not is_one or image.dtype.kind not in "fiu" or image.shape[-1] != 3:
        raise InputError(
            "Expected a picture to compare on, (1, height, width, 3) in [0, 255]. Received: "
            f"{image.dtype} {image.shape}"
        )
    image = image.astype("float32").reshape(1, *image.shape[-3:])
    return image if task.size is None else np.round(resize(image, tf.constant(task.size)))


def _faults(task, picture):
    """What a task does not take in images: string `(batch,)`."""
    size = tf.reduce_max(tf.abs(picture), axis=(1, 2, 3))
    finite = tf.reduce_all(tf.math.is_finite(picture), axis=(1, 2, 3))
    faults = fault(finite, f"Expected finite pixels for {task.name}", size)
    if task.read is None:
        return faults
    within = tf.reduce_all((picture >= 0) & (picture <= WHITE), axis=(1, 2, 3))
    message = f"Expected pixels in [0, 255] for {task.name}. The largest"
    return first_fault(faults, fault(within, message, size))
