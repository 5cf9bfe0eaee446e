"""Tasks in operations that every runtime has, for formats that hold a graph without TensorFlow."""

import tensorflow as tf

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.settings import config_of
from keras_sounddream.errors import InputError
from keras_sounddream.export.portable import picture as portable_picture
from keras_sounddream.export.portable import sound

_PLACES = 1024  # moves that a single step has; the next is the first again


def fixed_samples(task, seconds):
    """Settles the one length of sound that a file takes.

    Args:
        task: `Task`.
        seconds: float, s, or `None`.

    Returns:
        int, samples; or `None` for any length.

    Raises:
        InputError: if the task does not take that length.
    """
    if seconds is None:
        return task.samples
    samples = round(seconds * task.sample_rate)
    if task.samples is not None and samples != task.samples:
        own = f"{task.samples / task.sample_rate:.6g} s"
        raise InputError(f"{task.model.name} takes {own} of sound. Received: seconds={seconds}.")
    if samples < task.min_samples:
        least = f"{task.min_samples / task.sample_rate:.3g} s"
        raise InputError(
            f"Expected at least {least} of sound for {task.name}. Received: seconds={seconds}."
        )
    return samples


def portable_function(task, samples):
    """Makes what a file computes of whole waveforms, or of pictures.

    Args:
        task: `Task`.
        samples: int, the one length of sound, or `None` for any.

    Returns:
        function from `waveform`, float32 `(batch, samples)`, of a dream `(1, samples)`, or from
        `picture`, float32 `(batch, height, width, 3)`, and of `dream_step` also `place`, int32 of
        one element, to the task's dict of tensors.

    Raises:
        InputError: if a setting of the dream has no portable form.
    """
    if task.name == "dream":
        whole = sound.make_dream(task.model, samples)
        return lambda **given: {task.input: whole(given[task.input])}
    if task.name == "dream_step":
        return _single_step(task.model, samples)
    if task.input == "picture":
        return lambda picture: task.function(picture)
    if samples is None:
        return lambda waveform: task.function(_filled(waveform, task.min_samples))
    return task.function


def _single_step(dream, samples):
    """As `DeepDream.step`, from one sound or picture."""
    sound.make_step(dream)  # or the copy would pass where the dream does not
    canvas, step = dream.climb.canvas, sound.make_step(_finest(dream))
    if dream.of_pictures:
        return _picture_step(dream, step)
    dither = sound.make_dither(dream, samples)

    def function(waveform, place):
        state = canvas.begin_with(dither(waveform), waveform)
        state = canvas.enter_octave(state, tf.constant(0), 1.0, 1.0)
        slots = list(dream.climb.updater.begin(state["variable"]))
        place = tf.math.floormod(tf.reshape(place, ()), _PLACES)
        variable, _, objective = step(state, slots, place)
        return {"waveform": canvas.finish({**state, "variable": variable}), "objective": objective}

    return function


def _picture_step(dream, step):
    make = portable_picture.make_step(dream, step)

    def function(picture, place):
        made, objective = make(picture, tf.math.floormod(tf.reshape(place, ()), _PLACES))
        return {"picture": made, "objective": objective}

    return function


def _finest(dream):
    """The same dream with as many steps as there are moves, smoothed as at its beginning."""
    width = dream.settings.smoothing_width[0]
    settings = config_of(dream.settings, dream.kind)
    settings |= {"octaves": 1, "steps": _PLACES, "smoothing_width": (width, width)}
    return DeepDream(dream.model, dream.objective, dream.analysis, **settings)


def _filled(waveform, least):
    """Repeats a sound that is too short, as `lengths.repeated`, without a branch."""
    samples = tf.shape(waveform)[1]
    twice = tf.tile(waveform, tf.stack([1, (samples + least - 1) // samples]))
    return tf.slice(twice, [0, 0], tf.stack([-1, tf.maximum(samples, least)]))
