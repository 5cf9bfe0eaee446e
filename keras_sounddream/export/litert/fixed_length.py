"""Tasks for one length of sound, in operations that every runtime has, without variables."""

import dataclasses

import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from keras_sounddream.errors import InputError
from keras_sounddream.export.image_inputs import at_size
from keras_sounddream.export.portable.tasks import fixed_samples, portable_function


def at_length(task, seconds, size=None):
    """Fixes the length, or the size, that a task takes.

    Args:
        task: `Task`.
        seconds: float, s; may be `None` where the model itself takes one length.
        size: pair of int, rows and columns of pictures; may be `None` likewise.

    Returns:
        `Task` whose `samples` or `size` is set, with the model's own function, traced once.

    Raises:
        InputError: if there is no length or size, the model takes another, or it is too short or
            small.
    """
    function = tf.function(task.function, autograph=False, reduce_retracing=True)
    if task.input == "picture":
        task = at_size(task, seconds, size, needed=True)
        return dataclasses.replace(task, function=function)
    if size is not None:
        raise InputError(f"`size` is of pictures, and {task.model.name} takes sounds: `seconds`.")
    if seconds is None and task.samples is None:
        raise InputError(
            "A file of this format takes one length of sound. Give it: `seconds=5` (--seconds 5)."
        )
    samples = fixed_samples(task, seconds)
    return dataclasses.replace(task, function=function, samples=samples, min_samples=samples)


def signatures(tasks):
    """Makes the functions of a file that takes one length of sound.

    Args:
        tasks: list of `Task` of `at_length`.

    Returns:
        dict of task name to `tf.types.experimental.ConcreteFunction` without variables, from
        `waveform`, float32 `(1, samples)`, or `picture`, float32 `(1, height, width, 3)`, and for
        `dream_step` `place`, int32 `(1,)`, to a dict of tensors by the names in `Task.outputs`.

    Raises:
        InputError: if a dream has no portable form.
    """
    return {task.name: _frozen(*_portable(task), task.outputs) for task in tasks}


def _portable(task):
    """A task's function in portable operations, and the specs of its arguments."""
    specs = {task.input: tf.TensorSpec((1, *task.shape), tf.float32, task.input)}
    if task.name == "dream_step":  # of one element: LiteRT 2.1 for Arm crashes on scalars
        specs["place"] = tf.TensorSpec((1,), tf.int32, "place")
    if task.read is None:
        return lambda **given: task.function.python_function(given[task.input]), specs
    return portable_function(task, task.samples), specs


def _frozen(function, specs, outputs):
    """A function without variables: converters make nothing that runs of loops over some."""
    traced = tf.function(function, autograph=False).get_concrete_function(**specs)
    constant = convert_variables_to_constants_v2(traced, lower_control_flow=False)
    order = [tensor.name.split(":")[0] for tensor in constant.inputs]

    def whole(**inputs):
        found = constant(*(inputs[name] for name in order))
        return dict(zip(sorted(outputs), tf.nest.flatten(found), strict=True))

    return tf.function(whole, autograph=False).get_concrete_function(**specs)
