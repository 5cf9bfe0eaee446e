"""Comparison of an exported file, opened in its own runtime, with its model."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_sounddream.audio.io import load
from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.formats import Runner, Task
from keras_sounddream.export.image_inputs import images_for
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.types import Array, PathLike

_SECONDS = 1.0  # of the synthetic sounds
_STEPS = 10  # of a dream that is compared, in all octaves together
_OWN_TRIES = 3  # times that the last bit of a sound is changed
_OWN_ROOM = 2.0  # times the model's own difference


def verify(
    tasks: Sequence[Task],
    runner: Runner,
    sounds: Sequence[PathLike | Array] | None = None,
    repeats: int = 3,
) -> dict[str, dict[str, Any]]:
    """Compares every task of a file with the model: task name → `compare`, and `operations`.

    Raises `ExportError` if a task differs by more than its limit.
    """
    report = {}
    for task in tasks:
        figures = compare(task, runner, sounds_for(task, sounds), repeats)
        report[task.name] = {**figures, "operations": runner.operations[task.name]}
        _judge(task, figures)
    return report


def compare(
    task: Task, runner: Runner, sounds: Sequence[Array], repeats: int = 3
) -> dict[str, Any]:
    """Measures how far a file's outputs are from a task's own.

    Steps of a dream can diverge: where a maximum is nearly a tie, a rounding error is enough to
    lead two right programs apart. So where a dream differs by more than its limit, the model is
    also compared with itself after the last bit of the sound has changed, and `_OWN_ROOM` times
    that difference is allowed.

    Args:
        task: of the model.
        runner: of the file.
        sounds: float32 `(1, samples)` or `(1, height, width, 3)`, as the task takes them.
        repeats: number of calls whose time is taken.

    Returns:
        `largest_absolute` difference; `largest_relative`, the same as a share of the output's
        peak; for a dream `objective_relative`, the difference of the objectives as a share, and
        `own_relative` and `own_objective`, the model's from itself, 0 where they did not matter;
        `limit` of `largest_relative`, `None` where only the objective counts;
        `seconds_per_call`, median, and `sound_seconds` or `picture_size` of that call;
        `excess`, the largest difference as a share of the allowed one.
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
    expected = _reference(task, sound, options)
    outputs = runner.run(task.name, sound, **options)
    absolute, relative, objective = _differences(task, outputs, expected, sound)
    row = {"largest_absolute": absolute, "largest_relative": relative}
    if task.read is None:
        return {**row, "excess": relative / task.limit}
    own, limit = (0.0, 0.0), np.inf if task.limit is None else task.limit
    if relative > limit or objective > task.objective_limit:
        own = _own_differences(task, sound, options, expected)
    row |= {"objective_relative": objective, "own_relative": own[0], "own_objective": own[1]}
    share = relative / max(limit, _OWN_ROOM * own[0])
    room = max(task.objective_limit, _OWN_ROOM * own[1])
    return {**row, "excess": max(share, objective / room)}


def _reference(task, sound, options):
    return {name: np.asarray(value) for name, value in task.function(sound, **options).items()}


def _own_differences(task, sound, options, expected):
    """A dream's largest differences from itself, relative and of the objective."""
    rng = np.random.default_rng(0)
    differences = []
    for _ in range(_OWN_TRIES):
        signs = rng.choice(np.array([-1, 1], "float32"), sound.shape)
        other = _reference(task, sound * (1 + signs * np.float32(2.0**-23)), options)
        differences.append(_differences(task, other, expected, sound)[1:])
    return tuple(max(column) for column in zip(*differences, strict=True))


def _differences(task, outputs, expected, sound):
    """Largest absolute and relative difference, and relative difference of the objectives."""
    absolute = relative = objective = 0.0
    for name in task.outputs:
        difference = _difference(outputs[name], expected[name], f"{task.name}, {name}")
        absolute = max(absolute, difference)
        relative = max(relative, difference / max(float(np.abs(expected[name]).max()), 1e-12))
    if task.read is not None:
        pair = [float(task.read(out[task.outputs[0]], sound)[0]) for out in (outputs, expected)]
        objective = abs(pair[0] - pair[1]) / max(abs(pair[1]), 1e-12)
    return absolute, relative, objective


def sounds_for(task: Task, sounds: Sequence[PathLike | Array] | None = None) -> list[Array]:
    """Returns sounds, float32 `(1, samples)`, or images, as a task takes them.

    They are synthetic unless given: of two lengths where the task takes any.
    """
    if task.input == "picture":
        return images_for(task, sounds)
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


def _difference(output, expected, what):
    output = np.asarray(output)
    if output.shape != expected.shape:
        raise ExportError(
            f"The file outputs {what}, with shape {output.shape}, the model with {expected.shape}. "
            "Nothing was written."
        )
    if not np.isfinite(output).all():
        count = np.count_nonzero(~np.isfinite(output))
        raise ExportError(
            f"The file outputs {what}, with {count} of {output.size} numbers that are not finite. "
            "Nothing was written."
        )
    return float(np.abs(output - expected).max())


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
