"""Sounds of different lengths in one batch: samples behind a sound's length change nothing."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from keras_sounddream.export.formats import Option, Task
from keras_sounddream.types import Tensor


def by_length(task: Task) -> Callable[..., dict[str, Tensor]]:
    """Returns a function of padded sounds, each cut out and processed as if it had come alone.

    It takes `waveform`, float32 `(batch, samples)`, `num_samples`, int32 `(batch,)`, and the
    task's options, each `(batch,)`; an option of 0 or less is its default. Waveforms that come out
    are zero after their length.
    """

    def function(waveform, num_samples, **options):
        with tf.control_dependencies(_assertions(task, waveform, num_samples)):
            waveform = tf.identity(waveform)
        if task.options:
            return _one_by_one(task, waveform, num_samples, options)
        total = tf.shape(waveform)[1]
        whole = tf.reduce_all(tf.equal(num_samples, total)) & (total >= task.min_samples)
        return tf.cond(
            whole,
            lambda: task.function(tf.ensure_shape(waveform, (None, task.samples))),
            lambda: _one_by_one(task, waveform, num_samples, options),
        )

    return function


def apply_to_one(task: Task, sound: Tensor, **options: Tensor) -> dict[str, Tensor]:
    """Applies a task to a sound `(1, samples)` of any length: outputs without a batch axis."""
    with tf.control_dependencies(_assertions(task, sound, tf.shape(sound)[1])):
        sound = tf.identity(sound)
    if task.repeats:
        sound = repeated(sound, task.min_samples)
    sound = tf.ensure_shape(sound, (1, task.samples))
    return {name: value[0] for name, value in task.function(sound, **options).items()}


def repeated(waveform: Tensor, least: int) -> Tensor:
    """Repeats `(batch, samples)` to at least `least` samples."""
    times = -(-least // tf.maximum(tf.shape(waveform)[1], 1))

    def again():
        return tf.tile(waveform, tf.stack([1, times]))[:, :least]

    return tf.cond(times > 1, again, lambda: waveform)


def option_value(name: str, option: Option, value: Tensor) -> Tensor:
    """Returns an option's scalar after a check of its upper limit; its default for 0 or less."""
    message = f"Expected `{name}` of at most {option.most}. Received:"
    with tf.control_dependencies([tf.debugging.Assert(value <= option.most, [message, value])]):
        return tf.where(value <= 0, tf.constant(option.default, option.dtype), value)


def _one_by_one(task, waveform, lengths, options):
    total = tf.shape(waveform)[1]

    def alone(example):
        row, length, given = example
        given = {
            name: option_value(name, option, given[name]) for name, option in task.options.items()
        }
        outputs = apply_to_one(task, row[tf.newaxis, :length], **given)
        if "waveform" in outputs:
            outputs["waveform"] = tf.pad(outputs["waveform"], [[0, total - length]])
        return outputs

    signature = dict.fromkeys(task.outputs, tf.float32)
    return tf.map_fn(alone, (waveform, lengths, options), fn_output_signature=signature)


def _assertions(task, waveform, lengths):
    """Operations that fail, and say of what, where a task does not take sounds."""
    samples = tf.shape(waveform)[1]
    least = 1 if task.repeats else task.min_samples
    finite = tf.reduce_all(tf.math.is_finite(waveform))
    rows = [
        (lengths <= samples, f"Expected `num_samples` of at most a row of {task.name}", lengths),
        (lengths >= least, f"Expected at least {least} samples of sound for {task.name}", lengths),
        (finite, f"Expected finite samples for {task.name}. Of", samples),
    ]
    if task.samples is not None:
        message = f"Expected at most {task.samples} samples of sound for {task.name}"
        rows.append((lengths <= task.samples, message, lengths))
    return [
        tf.debugging.Assert(tf.reduce_all(holds), [f"{message}. Received:", given])
        for holds, message, given in rows
    ]
