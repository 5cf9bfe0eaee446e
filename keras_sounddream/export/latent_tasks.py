"""Tasks of generators and autoencoders in exported files: of latents and of what they make."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError
from keras_sounddream.export.formats import Task, check_task
from keras_sounddream.export.saved_model.faults import fault, without_faulty
from keras_sounddream.types import Array, Tensor

LATENT, ORIGINAL = "latent", "original"  # inputs
INPUTS = (LATENT, ORIGINAL)
NAMES = {"generate": "a generator", "encode": "an autoencoder", "decode": "an autoencoder"}
_LIMIT = 1e-4  # of the peak: a generator is deep, and its sums are long


def is_of_latents(model: keras.Model | DeepDream) -> bool:
    """Whether a model is a generator, an autoencoder with one, or a dream on one."""
    if isinstance(model, DeepDream):
        return model.generator is not None or is_of_latents(model.model)
    return _is_generator(model) or _is_autoencoder(model)


def find(model: keras.Model | DeepDream, names: Sequence[str] | None) -> list[Task]:
    """Returns the named tasks of a generator or an autoencoder, or all.

    A generator's is `generate`: `picture`, float32 in [-1, 1], of a `latent`. An autoencoder's are
    `encode`, of an `original` like such a picture to its `latent`, and to the `picture` that the
    decoder makes of that; and `decode`, the decoder's `generate`.

    Raises:
        InputError: for a dream on a generator, which has no exported form, or another task.
    """
    if isinstance(model, DeepDream):
        raise InputError(
            "A dream on a generator has no exported form: export the generator, or the network."
        )
    makers = _AUTOENCODER if _is_autoencoder(model) else _GENERATOR
    for name in names or ():
        check_task(name)
        if name not in makers:
            has = " and ".join(map(repr, makers))
            kind = "tasks" if len(makers) > 1 else "task"
            raise InputError(f"{model.name} has the {kind} {has}. Received: {name!r}")
    return [makers[name](name, model) for name in dict.fromkeys(names or makers)]


def examples_for(task: Task, count: int = 2) -> list[Array]:
    """Returns random inputs, float32 with a batch of 1: latents on their sphere, or originals."""
    rng = np.random.default_rng(0)
    if task.input == ORIGINAL:
        return [rng.uniform(-1, 1, (1, *task.shape)).astype("float32") for _ in range(count)]
    drawn = rng.normal(size=(count, 1, *task.shape))
    return list((drawn / np.sqrt(np.mean(drawn**2, axis=-1, keepdims=True))).astype("float32"))


def at_its_size(task: Task, **options: object) -> Task:
    """Returns the task as it is: an `InputError` for a length or size, which it has by itself."""
    for name, value in options.items():
        if value is not None:
            raise InputError(f"{task.model.name} makes one size of picture: leave `{name}` out.")
    return task


def signature_function(task: Task) -> Callable[..., dict[str, Tensor]]:
    """Returns what a SavedModel's signature computes: rows that are not finite give an `error`."""

    def function(**inputs: Tensor) -> dict[str, Tensor]:
        rows = inputs[task.input]
        axes = list(range(1, len(rows.shape)))
        finite = tf.reduce_all(tf.math.is_finite(rows), axis=axes)
        size = tf.reduce_max(tf.abs(rows), axis=axes)
        faults = fault(finite, f"Expected finite numbers for {task.name}", size)
        good = tf.reshape(tf.equal(faults, ""), [-1] + [1] * len(axes))
        return without_faulty(task.function(tf.where(good, rows, 0.5)), faults)

    return function


def _is_generator(model):
    return hasattr(model, "latent_size")  # as a `Generator` has; others might take waveforms


def _is_autoencoder(model):
    ends = [layer for layer in getattr(model, "layers", ()) if isinstance(layer, keras.Model)]
    return len(ends) == 2 and ends[0].name == "encoder" and _is_generator(ends[1])


def _generate(name, model):
    size = model.inputs[0].shape[-1]

    def function(latent):
        return {"picture": model(latent, training=False)}

    return Task(
        name,
        function,
        ("picture",),
        model,
        sample_rate=getattr(model, "sample_rate", None),  # type: ignore[arg-type]
        min_samples=size,
        samples=size,
        limit=_LIMIT,
        input=LATENT,
    )


def _decode(name, model):
    return dataclasses.replace(_generate(name, model.layers[-1]), model=model)


def _encode(name, model):
    encoder, decoder = model.get_layer("encoder"), model.layers[-1]

    def function(original):
        latent = encoder(original, training=False)
        return {"latent": latent, "picture": decoder(latent, training=False)}

    rows, columns, channels = model.inputs[0].shape[1:]
    return dataclasses.replace(
        _generate(name, decoder),
        function=function,
        outputs=("latent", "picture"),
        model=model,
        min_samples=None,  # type: ignore[arg-type]
        samples=None,
        input=ORIGINAL,
        size=(rows, columns),
        channels=channels,
    )


_GENERATOR = {"generate": _generate}
_AUTOENCODER = {"encode": _encode, "decode": _decode}
