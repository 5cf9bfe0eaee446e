"""Tasks in operations that every runtime has, for formats that hold a graph without TensorFlow."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.settings import names
from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.portable import sound as portable_sound
from keras_sounddream.export.portable.ascent import check_portable
from keras_sounddream.export.portable.gradients.backward import place_of
from keras_sounddream.export.portable.gradients.rule_checks import RuleChecks
from keras_sounddream.export.portable.lowering.rewriting import lowered_outputs
from keras_sounddream.types import Tensor

_MOVES = 1024  # random shifts that a single step has; the next is the first again


def fixed_samples(task: Any, seconds: float | None) -> int | None:
    """Samples of the one length of sound that a file takes; `None` for any length.

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


def portable_function(task: Any, samples: int | None) -> Callable:
    """What a file computes: a function from a task's inputs to its dict of tensors.

    Inputs are `waveform`, float32 `(batch, samples)`, of a dream `(1, samples)`; or `picture`,
    float32 `(batch, height, width, 3)`, or what else a task takes; and for `dream_step` also
    `place`, int32 of one element.

    Raises:
        InputError: if a setting of the dream has no portable form.
    """
    if task.name == "dream":
        dream = _dream(task.model, samples)
        return lambda **given: {task.input: dream(given[task.input])}
    if task.name == "gradient":
        return _gradient(task, samples)
    if task.name == "dream_step":
        return _single_step(task.model, samples, task.input)
    if task.input != "waveform":
        return in_real_numbers(task, lambda **given: task.function(given[task.input]))
    if samples is None:
        return in_real_numbers(
            task, lambda waveform: task.function(_filled(waveform, task.min_samples))
        )
    return in_real_numbers(task, task.function)


def in_real_numbers(task: Any, function: Callable[..., dict]) -> Callable[..., dict]:
    """Returns a function of a task without complex numbers and Fourier transforms."""
    layers = [layer.name for layer in task.model.layers]

    def refuse(op, reason):
        return ExportError(
            f"Operation {place_of(op, layers)} has no form in real numbers: {reason}. Nothing was "
            "written."
        )

    return lowered_outputs(function, refuse)


def _dream(dream, samples):
    if dream.kind == "picture":
        from keras_sounddream.export.portable import picture as portable_picture

        return portable_picture.make_dream(dream)
    return portable_sound.make_dream(dream, samples)


def _single_step(dream, samples, name):
    """As `DeepDream.step`, from one sound or picture."""
    ascent, begin = _first_step(dream, samples, _MOVES)
    param = ascent.param

    def function(place, **given):
        state = begin(given[name])
        slots = ascent.update.begin(state["variable"])
        number = tf.math.floormod(tf.reshape(place, ()), _MOVES)
        variable, _, objective = ascent.step_all(state, slots, number)
        dreamed = param.finish({**state, "variable": variable})
        return {name: tf.ensure_shape(dreamed, given[name].shape), "objective": objective}

    return function


def _first_step(dream, samples, moves):
    """A dream's ascent at its finest, of so many shifts, and the function that begins its state."""
    check_portable(dream)  # or the copy would pass where the dream does not
    dream = _finest(dream, moves)
    if dream.kind == "picture":
        from keras_sounddream.export.portable import picture as portable_picture

        ascent = portable_picture.make_ascent(dream, lambda picture, size: picture)
        return ascent, ascent.param.begin
    ascent = portable_sound.make_ascent(dream, samples)
    param = ascent.param

    def begin(sound):
        return param.enter_octave(param.begin(sound), tf.constant(0), (1.0, 1.0))

    return ascent, begin


def _gradient(task, samples):
    """The gradient at the first step alone, and the objective there."""
    ascent, begin = _first_step(task.model, samples, 1)

    def function(**given):
        gradient, objective = ascent.first_gradient(begin(given[task.input]))
        return {"gradient": gradient, "objective": objective}

    return function


def both_gradients(task: Any) -> tuple[Callable[[Tensor], dict[str, Tensor]], RuleChecks]:
    """A dream's first gradient in portable operations and in TensorFlow's, as a `tf.function`.

    Args:
        task: a dream's `Task`, at the length of a file.

    Returns:
        `(function, checks)`: from a sound or picture to `gradient`, `wanted`, which is
        TensorFlow's, and `rules`, the values that `checks.errors` takes.
    """
    ascent, begin = _first_step(task.model, task.samples, 1)
    ascent.checks = RuleChecks()

    def function(image):
        ascent.checks.clear()
        state = begin(image)
        gradient, _ = ascent.first_gradient(state)
        rules = tf.stack(ascent.checks.squares)
        return {
            "gradient": gradient,
            "wanted": ascent.tensorflow_gradient(state),
            "rules": rules,
        }

    spec = tf.TensorSpec((1, *task.shape), tf.float32)
    return tf.function(function, autograph=False, input_signature=[spec]), ascent.checks


def _finest(dream, moves):
    """The same dream with as many steps as there are shifts, smoothed as at its beginning."""
    width = dream.settings.smoothing_width[0]
    settings = {name: getattr(dream.settings, name) for name in names(dream.kind)}
    settings |= {"octaves": 1, "steps": moves, "smoothing_width": (width, width)}
    return DeepDream(dream.model, dream.objective, dream.analysis, **settings)


def _filled(waveform, least):
    """Repeats a sound that is too short, as `lengths.repeated`, without a branch."""
    samples = tf.shape(waveform)[1]
    twice = tf.tile(waveform, tf.stack([1, (samples + least - 1) // samples]))
    return tf.slice(twice, [0, 0], tf.stack([-1, tf.maximum(samples, least)]))
