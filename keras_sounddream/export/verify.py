"""Compares an exported file with its model: nothing counts that has not been read back."""

import collections.abc
import dataclasses
import statistics
import time

import numpy as np

from keras_sounddream.audio.io import load
from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.image_inputs import pictures_for
from keras_sounddream.export.reference_sounds import speech_like

_SECONDS = 1.0  # of the sounds that are made to compare on
_STEPS = 10  # of a dream that is compared, in all octaves together
_OWN_TRIES = 3  # times that the last bit of a sound is changed
_OWN_ROOM = 2.0  # times the model's own difference


@dataclasses.dataclass(frozen=True)
class Runner:
    """An exported file, opened in its own runtime.

    Attributes:
        run: function from a task's name, a waveform, float32 `(batch, samples)`, or pictures,
            float32 `(batch, height, width, 3)`, and the task's options as keyword arguments
            (Python numbers), to a dict of arrays by the names in `Task.outputs`.
        operations: dict of task name to list of str, the kinds of operation in it, sorted.
        options: tuple of str, the options that the file takes; the others are baked in.
    """

    run: collections.abc.Callable
    operations: dict
    options: tuple = ("steps", "step_size", "place")


def verify(tasks, runner, sounds=None, repeats=3):
    """Compares every task of a file with the model it was made of.

    Args:
        tasks: list of `Task`.
        runner: `Runner`.
        sounds: sequence of paths of sound files, or of float32 `(1, samples)` arrays, or of
            pictures; by default made, see `sounds.speech_like` and `pictures.picture_like`.
        repeats: int, calls whose time is taken.

    Returns:
        dict of task name to the dict of `compare`, with `operations`.

    Raises:
        ExportError: if a task differs by more than its limit.
    """
    report = {}
    for task in tasks:
        figures = compare(task, runner, sounds_for(task, sounds), repeats)
        report[task.name] = {**figures, "operations": runner.operations[task.name]}
        _judge(task, figures)
    return report


def compare(task, runner, sounds, repeats=3):
    """Measures how far a file's answers are from a task's own.

    A dream's steps can take turns: where a maximum is nearly a tie, a rounding error is enough to
    lead two right programs apart. So of a dream that differs by more than its limit it is also
    measured how far the model comes from itself once the last bit of the sound changes, and
    `_OWN_ROOM` times that is allowed.

    Args:
        task: `Task`.
        runner: `Runner`.
        sounds: list of float32 `(1, samples)` or `(1, height, width, 3)`, as the task takes them.
        repeats: int, calls whose time is taken.

    Returns:
        dict: `largest_absolute` difference; `largest_relative`, the same as a share of the
        output's peak; of a dream `objective_relative`, by how much its objective differs, and
        `own_relative` and `own_objective`, the model's from itself, 0 where they did not matter;
        `limit` of `largest_relative`, `None` where the objective alone counts;
        `seconds_per_call`, median, and `sound_seconds` or `picture_size` of that call;
        `excess`, the largest difference as a share of what is allowed.
    """
    options = _options(task, runner)
    rows = [_compare_sound(task, runner, sound, options) for sound in sounds]
    figures = {name: max(row[name] for row in rows) for name in rows[0]}
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        runner.run(task.name, sounds[0], **options)
        seconds.append(time.perf_counter() - start)
    return {
        **figures,
        "limit": task.limit,
        "seconds_per_call": statistics.median(seconds) if seconds else None,
        **_extent(task, sounds[0]),
        "sounds": len(sounds),
    }


def _extent(task, image):
    if task.input == "picture":
        return {"picture_size": list(image.shape[1:3])}
    return {"sound_seconds": image.shape[1] / task.sample_rate}


def _compare_sound(task, runner, sound, options):
    wanted = _reference(task, sound, options)
    found = runner.run(task.name, sound, **options)
    absolute, relative, objective = _differences(task, found, wanted, sound)
    row = {"largest_absolute": absolute, "largest_relative": relative}
    if task.read is None:
        return {**row, "excess": relative / task.limit}
    own, limit = (0.0, 0.0), np.inf if task.limit is None else task.limit
    if relative > limit or objective > task.objective_limit:
        own = _own_differences(task, sound, options, wanted)
    row |= {"objective_relative": objective, "own_relative": own[0], "own_objective": own[1]}
    share = relative / max(limit, _OWN_ROOM * own[0])
    room = max(task.objective_limit, _OWN_ROOM * own[1])
    return {**row, "excess": max(share, objective / room)}


def _reference(task, sound, options):
    return {name: np.asarray(value) for name, value in task.function(sound, **options).items()}


def _own_differences(task, sound, options, wanted):
    """How far a dream comes from itself: `(relative, objective)`, the largest of some tries."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(_OWN_TRIES):
        signs = rng.choice(np.array([-1, 1], "float32"), sound.shape)
        other = _reference(task, sound * (1 + signs * np.float32(2.0**-23)), options)
        found.append(_differences(task, other, wanted, sound)[1:])
    return tuple(max(column) for column in zip(*found, strict=True))


def _differences(task, found, wanted, sound):
    """Largest absolute and relative difference, and by how much an objective differs."""
    absolute = relative = objective = 0.0
    for name in task.outputs:
        difference = _difference(found[name], wanted[name], f"{task.name}, {name}")
        absolute = max(absolute, difference)
        relative = max(relative, difference / max(float(np.abs(wanted[name]).max()), 1e-12))
    if task.read is not None:
        pair = [float(task.read(out[task.outputs[0]], sound)[0]) for out in (found, wanted)]
        objective = abs(pair[0] - pair[1]) / max(abs(pair[1]), 1e-12)
    return absolute, relative, objective


def sounds_for(task, sounds=None):
    """Brings sounds, or pictures, to what a task takes.

    Args:
        task: `Task`.
        sounds: as of `verify`.

    Returns:
        list of float32 `(1, samples)`: of two lengths where the task takes any; or as of
        `pictures.pictures_for`.

    Raises:
        InputError: if one cannot be read.
    """
    if task.input == "picture":
        return pictures_for(task, sounds)
    rate = task.sample_rate
    if sounds is None:
        first = task.samples or max(round(_SECONDS * rate), task.min_samples)
        second = task.samples or first + rate // 7 + 1
        return [speech_like(count, rate, seed) for seed, count in enumerate((first, second))]
    if not len(sounds):
        raise InputError("Expected at least one sound to compare on. Received none.")
    return [_fit(task, _read(sound, rate)) for sound in sounds]


def _read(sound, rate):
    if isinstance(sound, np.ndarray):
        return np.asarray(sound, "float32").reshape(1, -1)
    return load(sound, rate)


def _fit(task, waveform):
    least = task.samples or task.min_samples
    waveform = np.tile(waveform, (1, -(-least // waveform.shape[1])))
    return waveform[:, : task.samples]


def _options(task, runner):
    """Options that keep the comparison of a dream short, where the file takes them."""
    if "steps" not in task.options or "steps" not in runner.options:
        return {}
    octaves = task.model.settings.octaves
    return {"steps": max(1, min(task.options["steps"].default, _STEPS // octaves))}


def _difference(found, wanted, what):
    found = np.asarray(found)
    if found.shape != wanted.shape:
        raise ExportError(
            f"The file answers {what}, with shape {found.shape}, the model with {wanted.shape}. "
            "Nothing was written."
        )
    if not np.isfinite(found).all():
        count = np.count_nonzero(~np.isfinite(found))
        raise ExportError(
            f"The file answers {what}, with {count} of {found.size} numbers that are not finite. "
            "Nothing was written."
        )
    return float(np.abs(found - wanted).max())


def _judge(task, figures):
    if figures["excess"] <= 1:
        return
    name, limit = task.model.name, "any" if task.limit is None else f"{task.limit:.0e}"
    what = f"by {figures['largest_relative']:.2g} of its peak, where {limit} is allowed"
    objective = figures.get("objective_relative", 0.0)
    if objective > task.objective_limit:
        what += f"; its objective by {objective:.2g}, where {task.objective_limit:.0e} is allowed"
    if task.read is not None:
        what += (
            ". Fewer or smaller steps come nearer; verify=False (--no-verify) writes it as it is"
        )
    raise ExportError(
        f"The {task.name} of {name} differs once exported: {what}. Nothing was written."
    )
