"""Sounds of different lengths in one batch: samples behind a sound's length change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_sounddream.export.formats import Task
from keras_sounddream.export.saved_model.faults import (
    ERROR,
    fault,
    first_fault,
    sample_faults,
    without_faulty,
)
from keras_sounddream.types import Tensor

MAX_SECONDS = 600.0  # of a sound, unless an export says otherwise


def by_length(
    task: Task, max_seconds: float = MAX_SECONDS, alone: Callable[..., Any] | None = None
) -> Callable[..., dict[str, Tensor]]:
    """Returns a function of padded sounds, each cut out and processed as if it had come alone.

    It takes `waveform`, float32 `(batch, samples)`, `num_samples`, int32 `(batch,)`, and the
    task's options, each `(batch,)`; an option of 0 or less is its default. Waveforms that come out
    are zero after their length. A row that the task does not take gives NaN, and its fault as
    `error`, string `(batch,)`. `alone` is what `one_sound` returns, if it is there already.
    """
    alone = alone or one_sound(task)

    def function(waveform, num_samples, **options):
        waveform, num_samples = _as_many(waveform, num_samples)
        faults = sound_faults(task, waveform, num_samples, max_seconds)
        good, total = tf.equal(faults, ""), tf.shape(waveform)[1]

        def one_by_one():
            return _one_by_one(alone, task, waveform, num_samples, faults, options)

        def together():
            sounds = tf.where(good[:, tf.newaxis], waveform, 0.0)
            outputs = task.function(tf.ensure_shape(sounds, (None, task.samples)))
            return without_faulty(outputs, faults)

        if task.options:
            return one_by_one()
        whole = tf.reduce_all(tf.equal(num_samples, total) | ~good) & tf.reduce_any(good)
        return tf.cond(whole & (total >= task.min_samples), together, one_by_one)

    return function


def one_sound(task: Task) -> Callable[..., dict[str, Tensor]]:
    """Returns a function of a sound `(1, samples)`, its fault, and options as scalars.

    It gives outputs without a batch axis, and `error`; of a sound at fault NaN.
    """
    options = {name: tf.TensorSpec((), option.dtype) for name, option in task.options.items()}
    spec = tf.TensorSpec((1, task.samples), tf.float32)
    run = tf.function(task.function, autograph=False).get_concrete_function(spec, **options)
    names = dict.fromkeys(task.outputs)

    def answer(sound, given):
        if task.repeats:
            sound = repeated(sound, task.min_samples)
        outputs = run(tf.ensure_shape(sound, (1, task.samples)), **given)
        return {name: outputs[name][0] for name in names}

    def blank(sound):
        shapes = {name: run.structured_outputs[name].shape[1:] for name in names}
        return {name: _nan(sound, shape) for name, shape in shapes.items()}

    def function(sound, known, **given):
        given, faults = settle_options(task, given)
        known = first_fault(known, *faults)
        is_good = tf.equal(known, "")
        outputs = tf.cond(is_good, lambda: answer(sound, given), lambda: blank(sound))
        return {**outputs, ERROR: known}

    return function


def sound_faults(
    task: Task, waveform: Tensor, lengths: Tensor, max_seconds: float = MAX_SECONDS
) -> Tensor:
    """What a task does not take in sounds `(batch, samples)` of some lengths: string `(batch,)`."""
    samples, name = tf.shape(waveform)[1], task.name
    least = 1 if task.repeats else task.min_samples
    limit = f"Expected at most {max_seconds:g} s of sound for {name}"
    seconds = tf.cast(lengths, "float64") / task.sample_rate
    most = min(round(max_seconds * task.sample_rate), 2**31 - 1)  # compared whole: exact
    faults = [
        fault(lengths <= samples, f"Expected `num_samples` of at most a row of {name}", lengths),
        fault(lengths >= least, f"Expected at least {least} samples of sound for {name}", lengths),
        fault(lengths <= most, limit, seconds),
    ]
    if task.samples is not None:
        message = f"Expected at most {task.samples} samples of sound for {name}"
        faults.append(fault(lengths <= task.samples, message, lengths))
    within = tf.range(samples) < lengths[:, tf.newaxis]
    return first_fault(*faults, sample_faults(waveform, within))


def repeated(waveform: Tensor, least: int) -> Tensor:
    """Repeats `(batch, samples)` to at least `least` samples."""
    times = -(-least // tf.maximum(tf.shape(waveform)[1], 1))

    def again():
        return tf.tile(waveform, tf.stack([1, times]))[:, :least]

    return tf.cond(times > 1, again, lambda: waveform)


def settle_options(task: Task, given: dict[str, Tensor]) -> tuple[dict[str, Tensor], list[Tensor]]:
    """A task's options, scalars, with defaults for 0 or less; and the faults of what was given."""
    settled, faults = {}, []
    for name, value in given.items():
        option = task.options[name]
        fits, default = value <= option.most, tf.constant(option.default, option.dtype)
        settled[name] = tf.where((value > 0) & fits, value, default)
        faults.append(fault(fits, f"Expected `{name}` of at most {option.most:g}", value))
    return settled, faults


def _one_by_one(alone, task, waveform, lengths, faults, options):
    total = tf.shape(waveform)[1]

    def padded(example):
        row, length, known, given = example
        length = tf.where(tf.equal(known, ""), length, 0)
        outputs = alone(row[tf.newaxis, :length], known, **given)
        if "waveform" in outputs:
            missing = total - tf.shape(outputs["waveform"])[0]
            outputs["waveform"] = tf.pad(outputs["waveform"], [[0, missing]])
        return outputs

    signature = {**dict.fromkeys(task.outputs, tf.float32), ERROR: tf.string}
    rows = (waveform, lengths, faults, options)
    outputs = tf.map_fn(padded, rows, fn_output_signature=signature)
    return without_faulty({name: outputs[name] for name in task.outputs}, outputs[ERROR])


def _nan(sound, shape):
    """NaN of a shape, whose unknown axis is that of the samples."""
    sizes = [tf.shape(sound)[1] if size is None else size for size in shape]
    return tf.fill(tf.cast(sizes, "int32"), float("nan"))


def _as_many(waveform, num_samples):
    message = "Expected one of `num_samples` for each row of `waveform`."
    check = tf.debugging.assert_equal(
        tf.shape(num_samples), tf.shape(waveform)[:1], message=message
    )
    with tf.control_dependencies([check] if check is not None else []):
        return tf.identity(waveform), num_samples
