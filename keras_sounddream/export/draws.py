"""Comparison of an exported WaveNet's draws with those of `generate`, seed after seed."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_sounddream.errors import ExportError
from keras_sounddream.generation import generate
from keras_sounddream.types import Array

_SEEDS = 4
# Where a sum of probabilities nearly ties with a random number, rounding decides a draw, and all
# that follow are others. That may happen once; beyond, once in so many draws. A wrong file's part
# within tens of draws.
_DRAWS_PER_PARTING = 500
_TOLERANCE = 1e-3  # of a sample that is drawn from a mixture


def compare_draws(
    model: keras.Model, run: Callable[[int], tuple[Array, float]], top_k: int | None
) -> dict[str, Any]:
    """Compares a file's draws with the model's, from the same random numbers.

    Args:
        model: whole WaveNet.
        run: function from a seed to what the file makes of it under the last label of each
            condition, float32 `(samples,)`, and the samples per second.
        top_k: how many of the likeliest levels are drawn from; `None` for all.

    Returns:
        `equal`, the share of draws before the first that differs from `generate`'s, over all
        seeds; `samples`, the number compared; `seeds`, how many; `parted`, how many of them came
        to differ; and `samples_per_second`.

    Raises:
        ExportError: if more draws differ than ties explain.
    """
    same, total, parted, speeds = 0, 0, 0, []
    for seed in range(_SEEDS):
        samples, speed = run(seed)
        first = _first_difference(samples, _expected(model, len(samples), seed, top_k), model.plan)
        same, total = same + first, total + len(samples)
        parted += first < len(samples)
        speeds.append(speed)
    if parted > 1 + same / _DRAWS_PER_PARTING:
        raise ExportError(
            f"The sound of {model.name} differs once exported: with {parted} of {_SEEDS} seeds, "
            f"after {same / parted:.0f} samples on average. Nothing was written."
        )
    return {
        "equal": same / total,
        "samples": total,
        "seeds": _SEEDS,
        "parted": parted,
        "samples_per_second": statistics.median(speeds),
    }


def _expected(model, num_samples, seed, top_k):
    """The sound of `generate` under the last label of each condition, float32 `(samples,)`."""
    labels = {name: [known[-1]] for name, known in model.plan.conditions.items()}
    length = num_samples / model.plan.sample_rate
    return generate(model, length, conditions=labels, seed=seed, top_k=top_k)[0]


def _first_difference(samples, expected, plan):
    """Index of the first sample that is not the expected one; their number if all are."""
    tolerance = 0 if plan.output == "softmax" else _TOLERANCE
    differs = ~(np.abs(samples - expected) <= tolerance)  # NaN differs, too
    return int(np.argmax(differs)) if differs.any() else len(expected)
