"""Tasks for one length of sound, in operations that every runtime has, without variables."""

import dataclasses

import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from keras_sounddream.deepdream import portable, transforms
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError

_PLACES = 1024  # moves that a single step has; the next is the first again
_NO_SETTINGS = {"model", "objective", "analysis", "name", "dtype", "trainable"}


def at_length(task, seconds):
    """Fixes the length that a task takes.

    Args:
        task: `Task`.
        seconds: float, s; may be `None` where the model itself takes one length.

    Returns:
        `Task` whose `samples` is set, with the model's own function, traced once.

    Raises:
        InputError: if there is no length, the model takes another, or it is too short.
    """
    if seconds is None and task.samples is None:
        raise InputError(
            "A file of this format takes one length of sound. Give it: `seconds=5` (--seconds 5)."
        )
    samples = task.samples if seconds is None else round(seconds * task.sample_rate)
    if task.samples not in (None, samples) or samples < task.min_samples:
        least = f"{'' if task.samples else 'at least '}{task.min_samples / task.sample_rate:.3g}"
        raise InputError(
            f"The {task.name} of {task.model.name} takes {least} s of sound. "
            f"Received `seconds`: {seconds}."
        )
    function = tf.function(task.function, autograph=False, reduce_retracing=True)
    return dataclasses.replace(task, function=function, samples=samples, min_samples=samples)


def signatures(tasks):
    """Makes the functions of a file that takes one length of sound.

    Args:
        tasks: list of `Task` of `at_length`.

    Returns:
        dict of task name to `tf.types.experimental.ConcreteFunction` without variables, from
        `waveform`, float32 `(1, samples)`, and for `dream_step` `place`, int32 `(1,)`, to a dict of
        tensors by the names in `Task.outputs`.

    Raises:
        InputError: if a dream has no portable form.
    """
    return {task.name: _frozen(*_portable(task), task.outputs) for task in tasks}


def _portable(task):
    """A task's function in portable operations, and the specs of its arguments."""
    specs = {"waveform": tf.TensorSpec((1, task.samples), tf.float32, "waveform")}
    if task.name == "dream":
        dream = portable.make_dream(task.model, task.samples)
        return lambda waveform: {"waveform": dream(waveform)}, specs
    if task.name == "dream_step":  # of one element: LiteRT 2.1 for Arm crashes on scalars
        specs["place"] = tf.TensorSpec((1,), tf.int32, "place")
        return _single_step(task.model, task.samples), specs
    return task.function.python_function, specs


def _single_step(dream, num_samples):
    """As `DeepDream.step`: the one octave of a dream with as many steps as there are moves."""
    portable.make_step(dream)  # refuses what has no portable form
    config = {**dream.get_config(), "octaves": 1, "steps": _PLACES}
    config["smoothing_width"] = [dream.settings.smoothing_width[0]] * 2
    settings = {name: value for name, value in config.items() if name not in _NO_SETTINGS}
    alone = DeepDream(dream.model, dream.objective, dream.analysis, **settings)
    step, canvas = portable.make_step(alone), alone._untracked["canvas"]
    noise = transforms.dither(tf.zeros((1, num_samples)), dream.settings.seed).numpy()

    def function(waveform, place):
        state = canvas.begin_with(waveform + noise, waveform)
        slots = list(alone._untracked["updater"].begin(state["variable"]))
        place = tf.math.floormod(tf.reshape(place, ()), _PLACES)
        variable, _, objective = step(state, slots, place)
        return {"waveform": canvas.finish({**state, "variable": variable}), "objective": objective}

    return function


def _frozen(function, specs, outputs):
    """A function without variables: converters make nothing that runs of loops over some."""
    traced = tf.function(function, autograph=False).get_concrete_function(**specs)
    constant = convert_variables_to_constants_v2(traced, lower_control_flow=False)
    order = [tensor.name.split(":")[0] for tensor in constant.inputs]

    def whole(**inputs):
        found = constant(*(inputs[name] for name in order))
        return dict(zip(sorted(outputs), tf.nest.flatten(found), strict=True))

    return tf.function(whole, autograph=False).get_concrete_function(**specs)
