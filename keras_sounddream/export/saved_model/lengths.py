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
        the task's options, each `(batch,)`, to a dict of tensors. An option of 0 or less is its
        default. Waveforms that come out are zero after their length.
    """

    def function(waveform, num_samples, **options):
        with tf.control_dependencies(_checks(task, waveform, num_samples)):
            waveform = tf.identity(waveform)
        if task.options:
            return _each(task, waveform, num_samples, options)
        total = tf.shape(waveform)[1]
        whole = tf.reduce_all(tf.equal(num_samples, total)) & (total >= task.min_samples)
        return tf.cond(
            whole,
            lambda: task.function(tf.ensure_shape(waveform, (None, task.samples))),
            lambda: _each(task, waveform, num_samples, options),
        )

    return function


def answer(task, sound, **options):
    """Answers one sound of any length that the task takes.

    Args:
        task: `Task`.
        sound: float32 `(1, samples)`.
        **options: scalar tensors.

    Returns:
        dict of tensors, without a batch axis.
    """
    with tf.control_dependencies(_checks(task, sound, tf.shape(sound)[1])):
        sound = tf.identity(sound)
    if task.repeats:
        sound = repeated(sound, task.min_samples)
    sound = tf.ensure_shape(sound, (1, task.samples))
    return {name: value[0] for name, value in task.function(sound, **options).items()}


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


def option_value(name, option, value):
    """Checks an option of a task, and puts its default in.

    Args:
        name: str.
        option: `Option`.
        value: scalar tensor; 0 or less stands for the default.

    Returns:
        scalar tensor.
    """
    message = f"Expected `{name}` of at most {option.most}. Received:"
    with tf.control_dependencies([tf.debugging.Assert(value <= option.most, [message, value])]):
        return tf.where(value <= 0, tf.constant(option.default, option.dtype), value)


def _each(task, waveform, lengths, options):
    total = tf.shape(waveform)[1]

    def alone(example):
        row, length, own = example
        own = {name: option_value(name, option, own[name]) for name, option in task.options.items()}
        found = answer(task, row[tf.newaxis, :length], **own)
        if "waveform" in found:
            found["waveform"] = tf.pad(found["waveform"], [[0, total - length]])
        return found

    signature = dict.fromkeys(task.outputs, tf.float32)
    return tf.map_fn(alone, (waveform, lengths, options), fn_output_signature=signature)


def _checks(task, waveform, lengths):
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


def _takes(model, num_samples):
    shape = (1, num_samples, *model.inputs[0].shape[2:])
    try:
        found = keras.tree.flatten(model.compute_output_spec(keras.KerasTensor(shape)))
    except (ValueError, TypeError):
        return False
    return all(0 not in tensor.shape for tensor in found)
