"""Training on several devices or machines: the steps of one device, each batch shared out."""

import concurrent.futures
import contextlib
import json
import os
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import keras
import tensorflow as tf

from keras_sounddream.errors import InputError

KINDS = ("mirrored", "multiworker")

_LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.InternalError)

Strategy: TypeAlias = Any  # `tf.distribute.Strategy`


def find(kind: str | None) -> Strategy | None:
    """Makes a strategy; call it before TensorFlow computes anything.

    Args:
        kind: `"mirrored"` for all accelerators of this machine, `"multiworker"` for several
            processes that the environment's `TF_CONFIG` names, or `None`.

    Returns:
        `tf.distribute.Strategy`, or `None` for one device. Each of several workers waits here for
        the others.

    Raises:
        InputError: if there is no such kind, or `TF_CONFIG` names no workers.
    """
    if kind is None:
        return None
    if kind not in KINDS:
        raise InputError(f"Expected a strategy of {', '.join(KINDS)}. Received: {kind!r}")
    if kind == "mirrored":
        return tf.distribute.MirroredStrategy()
    _check_cluster(os.environ.get("TF_CONFIG"))
    return tf.distribute.MultiWorkerMirroredStrategy()


def scope(strategy: Strategy | None) -> contextlib.AbstractContextManager[Any]:
    """Context in which a model and its optimizer are made."""
    return strategy.scope() if strategy else contextlib.nullcontext()


def worker(strategy: Strategy | None) -> int:
    """Number of this process among the workers; 0 is the chief, which alone writes files."""
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is None or not resolver.task_type:
        return 0
    has_chief = "chief" in resolver.cluster_spec().as_dict()
    return resolver.task_id + (has_chief and resolver.task_type != "chief")


def prepare(model: keras.Model, strategy: Strategy | None) -> None:
    """Sets batch normalisations to the statistics of the whole batch, if there is a strategy."""
    for layer in model.layers if strategy else ():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
        elif isinstance(layer, keras.Model):
            prepare(layer, strategy)


def fit(
    model: keras.Model,
    batch: Callable[[int], tuple[Any, ...]],
    strategy: Strategy,
    *,
    epochs: int,
    steps_per_epoch: int,
    initial_epoch: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    validation_data: Sequence[tuple[Any, ...]] | None = None,
    validation_freq: int = 1,
    jit_compile: bool = False,
) -> None:
    """Trains a compiled model, as `keras.Model.fit` would on one device.

    `keras.Model.fit` takes no `MultiWorkerMirroredStrategy`. Here every worker makes the whole
    batch of a step and takes its rows, so that a step is the same however many share it.
    Every worker calls the callbacks with an attribute `writes`, which is true for the chief's only;
    any other, only the chief. An attribute `measure` is set to a function that measures
    `validation_data`, for all workers together.

    An `InputError` if the workers do not begin at one epoch, a batch cannot be shared out evenly,
    or a worker is lost.
    """
    from keras_sounddream.training.distributed.train_step import SharedSteps

    steps = SharedSteps(model, strategy, jit_compile)
    called = keras.callbacks.CallbackList(
        _taking_part(callbacks, strategy, lambda: steps.measure(validation_data)),
        model=model,
        epochs=epochs,
        steps=steps_per_epoch,
    )
    try:
        _check_begin(strategy, initial_epoch)
        called.on_train_begin()
        first = initial_epoch * steps_per_epoch
        with contextlib.closing(_ahead(batch, first, epochs * steps_per_epoch)) as batches:
            for epoch in range(initial_epoch, epochs):
                called.on_epoch_begin(epoch)
                logs = steps.train(next(batches) for _ in range(steps_per_epoch))
                if validation_data is not None and (epoch + 1) % validation_freq == 0:
                    measured = steps.measure(validation_data)
                    logs |= {f"val_{name}": value for name, value in measured.items()}
                called.on_epoch_end(epoch, logs)
        model.optimizer.finalize_variable_values(model.trainable_variables)
        called.on_train_end()
    except _LOST as error:
        reason = re.sub(r"{{.*?}} ", "", error.message).splitlines()[0].rstrip(".:)")
        raise InputError(
            f"A worker was lost ({reason}). Start every worker again with the same folder: the "
            "training goes on from its last state."
        ) from error


def _taking_part(callbacks, strategy, measure):
    chief = worker(strategy) == 0
    for callback in callbacks:
        if hasattr(callback, "writes"):
            callback.writes = chief
        if hasattr(callback, "measure"):
            callback.measure = measure
    return [callback for callback in callbacks if chief or hasattr(callback, "writes")]


def _check_begin(strategy, epoch):
    """Refuses to train on where workers have read different states."""
    epochs = strategy.run(tf.function(lambda: tf.constant(float(epoch))))
    total = float(strategy.reduce("SUM", epochs, axis=None))
    if total != epoch * strategy.num_replicas_in_sync:
        raise InputError(
            "Expected a folder that every worker can read. This one has a state of "
            f"{epoch} epochs, others another. Name one folder on a disk that they share."
        )


def _ahead(batch, first, last):
    """Batches of the steps from `first` to before `last`, each made while one is trained on."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pending = pool.submit(batch, first)
        for step in range(first + 1, last + 1):
            data = pending.result()
            if step < last:
                pending = pool.submit(batch, step)
            yield data


def _check_cluster(text):
    try:
        config = json.loads(text or "")
        members = config["cluster"][config["task"]["type"]]
        fits = all(isinstance(address, str) for address in members)
        fits = fits and 0 <= config["task"]["index"] < len(members)
    except (ValueError, KeyError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise InputError(
            'Expected TF_CONFIG in the environment, such as {"cluster": {"worker": ["host1:2222", '
            '"host2:2222"]}, "task": {"type": "worker", "index": 0}}, with each worker\'s own '
            f"index. Received: {text!r}"
        )
