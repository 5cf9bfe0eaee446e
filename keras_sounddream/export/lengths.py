"""Sounds of different lengths in one batch: what is behind a sound's length changes nothing."""

import keras
import tensorflow as tf

from keras_sounddream.errors import InputError

_LONGEST = 2**24  # samples that are tried for


def least_samples(model):
    """Finds the fewest samples that a model takes, from its shapes alone.

    Args:
        model: `keras.Model`, functional, with one input, waveforms of any length.

    Returns:
        int.

    Raises:
        InputError: if it takes none up to 16 million.
    """
    outputs = [layer.output for layer in model.layers]
    every = keras.Model(model.inputs[0], outputs)  # a layer within may be left without a frame
    most = 1
    while not _takes(every, most):
        most *= 2
        if most > _LONGEST:
            raise InputError(f"{model.name} takes no sound of up to {_LONGEST} samples.")
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if _takes(every, middle) else (middle, most)
    return most


def by_length(task):
    """Gives a task lengths: each sound is cut out, and answered as if it had come alone.

    Args:
        task: `Task`.

    Returns:
        function from `waveform`, float32 `(batch, samples)`, `num_samples`, int32 `(batch,)`, and
        the task's options, each `(batch,)`, to a dict of tensors. `num_samples` of 0 or less
        means the whole row; an option of 0 or less is its default. Waveforms that come out are
        zero after their length.
    """

    def function(waveform, num_samples, **options):
        total = tf.shape(waveform)[1]
        lengths = tf.where(num_samples <= 0, total, num_samples)
        with tf.control_dependencies(_length_checks(task, waveform, lengths)):
            waveform = tf.identity(waveform)
        if task.options:
            return _each(task, waveform, lengths, options)
        whole = tf.reduce_all(tf.equal(lengths, total)) & (total >= task.min_samples)
        return tf.cond(
            whole,
            lambda: _whole(task, waveform),
            lambda: _each(task, waveform, lengths, options),
        )

    return function


def repeated(waveform, least):
    """Repeats a sound that is too short.

    Args:
        waveform: float32 `(batch, samples)`.
        least: int, samples.

    Returns:
        float32 `(batch, samples)`, of at least `least` samples.
    """
    times = -(-least // tf.maximum(tf.shape(waveform)[1], 1))

    def again():
        return tf.tile(waveform, tf.stack([1, times]))[:, :least]

    return tf.cond(times > 1, again, lambda: waveform)


def _whole(task, waveform):
    waveform = tf.ensure_shape(waveform, (None, task.samples))
    return task.function(waveform)


def _each(task, waveform, lengths, options):
    total = tf.shape(waveform)[1]

    def alone(example):
        row, length, own = example
        sound = row[tf.newaxis, :length]
        if task.repeats:
            sound = repeated(sound, task.min_samples)
        sound = tf.ensure_shape(sound, (1, task.samples))
        own = {name: _or_default(own[name], option) for name, option in task.options.items()}
        found = {name: value[0] for name, value in task.function(sound, **own).items()}
        if "waveform" in found:
            found["waveform"] = tf.pad(found["waveform"], [[0, total - length]])
        return found

    signature = dict.fromkeys(task.outputs, tf.float32)
    return tf.map_fn(alone, (waveform, lengths, options), fn_output_signature=signature)


def _or_default(value, option):
    return tf.where(value <= 0, tf.constant(option.default, option.dtype), value)


def _length_checks(task, waveform, lengths):
    total = tf.shape(waveform)[1]
    checks = [
        tf.debugging.assert_less_equal(
            lengths, total, f"`num_samples` of {task.name} must be at most the samples of its row."
        ),
        tf.debugging.assert_greater(lengths, 0, f"{task.name} expects at least one sample."),
        tf.debugging.assert_all_finite(waveform, f"The waveform for {task.name} must be finite."),
    ]
    if not task.repeats:
        message = f"{task.name} expects at least {task.min_samples} samples of sound."
        checks.append(tf.debugging.assert_greater_equal(lengths, task.min_samples, message))
    if task.samples is not None:
        message = f"{task.name} takes at most {task.samples} samples."
        checks.append(tf.debugging.assert_less_equal(lengths, task.samples, message))
    return [check for check in checks if check is not None]


def _takes(model, num_samples):
    shape = (1, num_samples, *model.inputs[0].shape[2:])
    try:
        found = keras.tree.flatten(model.compute_output_spec(keras.KerasTensor(shape)))
    except (ValueError, TypeError):
        return False
    return all(0 not in tensor.shape for tensor in found)
