"""Comparison of an exported file, opened in its own runtime, with its model."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_sounddream.audio.io import load
from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.formats import Runner, Task
from keras_sounddream.export.image_inputs import images_for
from keras_sounddream.export.latent_tasks import INPUTS, examples_for
from keras_sounddream.export.reference_sounds import speech_like, under_noise
from keras_sounddream.types import Array, PathLike

_SECONDS = 1.0  # of the synthetic sounds
_STEPS = 10  # of a dream that is compared, in all octaves together
_STEP_LIMIT = 1e-3  # of a single step, root mean square, where nothing is nearly a tie
_NOISES = 3  # under which a step is compared once more
_TRIES = 8  # dreams of sounds changed by `_CHANGE`, beside that of the sound itself
_CHANGE = np.float32(2.0**-20)  # of each sample: more than what a file's rounding comes to, 2e-7
# Standard deviations, of the model's own objectives, that a file's may be from their mean. Were its
# objective one more of these, normally distributed, it would be further off in 1 of 2,000 cases, so
# in fewer than 1 of 1,000 for two sounds: Student's t of 8 degrees of freedom at 0.99975, times
# the root of 1 + 1/9, since the mean is that of 9.
_ROOM = 5.62 * math.sqrt(1 + 1 / (_TRIES + 1))


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
    lead two right programs apart. So a whole dream is judged by its objective alone, and one that
    differs by more than `objective_limit` by the spread of the model's own: those of `_TRIES` more
    dreams, of sounds changed in their last bits. A single step is judged at the sound or picture,
    of several, where it differs least: a wrong step is wrong at each.

    Args:
        task: of the model.
        runner: of the file.
        sounds: float32 `(1, samples)` or `(1, height, width, 3)`, as the task takes them.
        repeats: number of calls whose time is taken.

    Returns:
        `largest_absolute` difference; `largest_relative`, the same as a share of the output's
        peak; for a dream `objective_relative`, the difference of the objectives as a share, and
        `own_objective`, the most that the spread of the model's own allows, 0 where it did not
        matter; for a single step `least_difference`, root mean square, as a share;
        `limit` of `largest_relative`, `None` for a dream;
        `seconds_per_call`, median, and `sound_seconds` or `picture_size` of that call;
        `excess`, the largest difference as a share of the allowed one.
    """
    options = _options(task, runner)
    rows = [_compare_sound(task, runner, sound, options) for sound in sounds]
    figures = {name: max(row[name] for row in rows) for name in rows[0]}
    if _is_step(task):
        figures["least_difference"] = least = _least_difference(task, runner, sounds)
        if task.limit is not None:
            figures["excess"] = max(figures["excess"], least / _STEP_LIMIT)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        runner.run(task.name, sounds[0], **options)
        seconds.append(time.perf_counter() - start)
    return {
        **figures,
        "limit": None if task.read is not None else task.limit,
        "seconds_per_call": statistics.median(seconds) if seconds else None,
        **_extent(task, sounds[0]),
        "sounds": len(sounds),
    }


def _extent(task, image):
    if task.input == "latent":
        return {"latent_size": image.shape[1]}
    if task.input in ("picture", "original"):
        return {"picture_size": list(image.shape[1:3])}
    return {"sound_seconds": image.shape[1] / task.sample_rate}


def _is_step(task):
    return task.read is not None and "objective" in task.outputs


def _compare_sound(task, runner, sound, options):
    expected = _reference(task, sound, options)
    outputs = runner.run(task.name, sound, **options)
    absolute, relative = _differences(task, outputs, expected)
    row = {"largest_absolute": absolute, "largest_relative": relative}
    if task.read is None:
        return {**row, "excess": relative / task.limit}
    name = task.outputs[0]
    found, wanted = (_objective(task, out[name], sound) for out in (outputs, expected))
    scale = max(abs(wanted), 1e-12)
    objective, room = abs(found - wanted) / scale, 0.0
    excess = objective / task.objective_limit
    if excess > 1:
        mean, room = _own_objectives(task, sound, options, wanted)
        room /= scale
        excess = min(excess, abs(found - mean) / scale / max(room, task.objective_limit))
    if _is_step(task) and task.limit is not None:  # where the step begins, no tie counts
        found, wanted = (float(out["objective"][0]) for out in (outputs, expected))
        before = abs(found - wanted) / max(abs(wanted), 1e-12)
        excess = max(excess, before / task.objective_limit)
    return {**row, "objective_relative": objective, "own_objective": room, "excess": excess}


def _least_difference(task, runner, sounds):
    """A step's least difference, as a share, over sounds or pictures and these under noise."""
    name, least = task.outputs[0], np.inf
    for sound in (*sounds, *under_noise(sounds[0], _NOISES)):
        wanted = np.asarray(task.function(sound)[name], "float64")
        difference = np.linalg.norm(runner.run(task.name, sound)[name] - wanted)
        least = min(least, difference / max(np.linalg.norm(wanted), 1e-12))
    return float(least)


def _reference(task, sound, options):
    return {name: np.asarray(value) for name, value in task.function(sound, **options).items()}


def _objective(task, dreamed, sound):
    return float(task.read(dreamed, sound)[0])


def _own_objectives(task, sound, options, wanted):
    """Mean of the model's own objectives, and how far from it a right one may be."""
    rng = np.random.default_rng(0)
    values = [wanted]
    for _ in range(_TRIES):
        signs = rng.choice(np.array([-1, 1], "float32"), sound.shape)
        other = _reference(task, sound * (1 + signs * _CHANGE), options)
        values.append(_objective(task, other[task.outputs[0]], sound))
    return float(np.mean(values)), _ROOM * float(np.std(values, ddof=1))


def _differences(task, outputs, expected):
    """Largest absolute and relative difference."""
    absolute = relative = 0.0
    for name in task.outputs:
        difference = _difference(outputs[name], expected[name], f"{task.name}, {name}")
        absolute = max(absolute, difference)
        relative = max(relative, difference / max(float(np.abs(expected[name]).max()), 1e-12))
    return absolute, relative


def sounds_for(task: Task, sounds: Sequence[PathLike | Array] | None = None) -> list[Array]:
    """Returns sounds, float32 `(1, samples)`, or images, as a task takes them.

    They are synthetic unless given: of two lengths where the task takes any.
    """
    if task.input in INPUTS:
        return examples_for(task)
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
    model = task.model.name
    if task.read is None:
        what = (
            f"by {figures['largest_relative']:.2g} of its peak, where {task.limit:.0e} is allowed"
        )
    elif figures.get("least_difference", 0.0) > _STEP_LIMIT:
        what = (
            f"by {figures['least_difference']:.2g} at least, root mean square, where "
            f"{_STEP_LIMIT:.0e} is allowed: the step itself, not a rounding error, is another"
        )
    else:
        what = (
            f"its objective by {figures['objective_relative']:.2g}, where "
            f"{max(task.objective_limit, figures['own_objective']):.2g} is allowed: the model's "
            f"own comes no further from itself when the last bits of a {_kind(task)} change. "
            "verify=False (--no-verify) writes the file as it is"
        )
    raise ExportError(
        f"The {task.name} of {model} differs once exported: {what}. Nothing was written."
    )


def _kind(task):
    return "picture" if task.input == "picture" else "sound"
