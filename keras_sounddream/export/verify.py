"""Compares an exported file with its model: nothing counts that has not been read back."""

import collections.abc
import dataclasses
import statistics
import time

import numpy as np

from keras_sounddream.audio.io import load
from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.sounds import speech_like

_SECONDS = 1.0  # of the sounds that are made to compare on
_STEPS = 10  # of a dream that is compared, in all octaves together
_OBJECTIVE_LIMIT = 1e-3  # share by which the objective of a whole dream may differ


@dataclasses.dataclass(frozen=True)
class Runner:
    """An exported file, opened in its own runtime.

    Attributes:
        run: function from a task's name, a waveform, float32 `(batch, samples)`, and the task's
            options as keyword arguments (Python numbers), to a dict of arrays by the names in
            `Task.outputs`.
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
        sounds: sequence of paths of sound files, or of float32 `(1, samples)` arrays; by default
            made, see `sounds.speech_like`.
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

    Args:
        task: `Task`.
        runner: `Runner`.
        sounds: list of float32 `(1, samples)`, as the task takes them.
        repeats: int, calls whose time is taken.

    Returns:
        dict: `largest_absolute` difference; `largest_relative`, the same as a share of the
        output's peak; of a dream `objective_relative`, by how much its objective differs; `limit`
        of `largest_relative`; `seconds_per_call`, median, and `sound_seconds` of that call.
    """
    options = _options(task, runner)
    absolute, relative, objective, seconds = 0.0, 0.0, 0.0, []
    for sound in sounds:
        wanted = {name: np.asarray(v) for name, v in task.function(sound, **options).items()}
        found = runner.run(task.name, sound, **options)
        for name in task.outputs:
            difference = _difference(found[name], wanted[name], f"{task.name}, {name}")
            absolute = max(absolute, difference)
            peak = float(np.abs(wanted[name]).max())
            relative = max(relative, difference / max(peak, 1e-12))
        if task.read is not None:
            pair = [float(task.read(out["waveform"], sound)[0]) for out in (found, wanted)]
            objective = max(objective, abs(pair[0] - pair[1]) / max(abs(pair[1]), 1e-12))
    for _ in range(repeats):
        start = time.perf_counter()
        runner.run(task.name, sounds[0], **options)
        seconds.append(time.perf_counter() - start)
    figures = {
        "largest_absolute": absolute,
        "largest_relative": relative,
        "limit": task.limit,
        "seconds_per_call": statistics.median(seconds) if seconds else None,
        "sound_seconds": sounds[0].shape[1] / task.sample_rate,
        "sounds": len(sounds),
    }
    return figures if task.read is None else {**figures, "objective_relative": objective}


def sounds_for(task, sounds=None):
    """Brings sounds to what a task takes.

    Args:
        task: `Task`.
        sounds: as of `verify`.

    Returns:
        list of float32 `(1, samples)`: of two lengths where the task takes any.

    Raises:
        InputError: if a sound cannot be read.
    """
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
    name, differs = task.model.name, figures["largest_relative"]
    if differs > task.limit:
        raise ExportError(
            f"The {task.name} of {name} differs once exported: by {differs:.2g} of its peak, where "
            f"{task.limit:.0e} is allowed. Nothing was written."
        )
    differs = figures.get("objective_relative", 0.0)
    if differs > _OBJECTIVE_LIMIT:
        raise ExportError(
            f"The {task.name} of {name} reaches another objective once exported: by {differs:.2g}, "
            f"where {_OBJECTIVE_LIMIT:.0e} is allowed. Nothing was written."
        )
