"""Class scores to labels: the likeliest classes by name."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from keras_sounddream.applications.preprocessing import numbers
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

Labels: TypeAlias = Sequence[str] | Mapping[str, Sequence[str]] | None
Predictions: TypeAlias = list[Any]  # for each example a list of (index, label, score)


def decode(scores: Array, labels: Labels, top: int) -> Predictions:
    """The highest `scores` `(batch, classes)`: for each example a list of (index, label, score)."""
    scores = numbers(scores, "scores")
    names = _fitting(labels, scores.shape[-1:])
    if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
        raise InputError(f"`top` must be an int above 0. Received: {top!r}")
    if scores.ndim != 2 or scores.shape[1] != len(names):
        raise InputError(
            f"Expected scores of shape (batch, {len(names)}). Received: {scores.shape}"
        )
    order = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return [
        [(int(i), names[i], float(row[i])) for i in best]
        for row, best in zip(scores, order, strict=True)
    ]


def decode_steps(scores: Array, labels: Labels, top: int) -> Predictions:
    """As `decode`, also for `(batch, steps, classes)`: then a list of lists, one per step."""
    if isinstance(scores, dict):
        raise InputError(f"Expected the scores of one output. Choose one: {', '.join(scores)}.")
    scores = numbers(scores, "scores")
    if scores.ndim == 3:
        return [decode(steps, labels, top) for steps in scores]
    return decode(scores, labels, top)


def decode_for_family(
    scores: Array, top: int, model: Any, labels: Labels, default: Labels, steps: bool = False
) -> Predictions:
    """Highest scores, named by `labels`, else by the model's own, else by the family's."""
    if model is not None and labels is None:
        if not hasattr(model, "decode_predictions"):
            raise InputError(
                "`model` must be a model of applications, which has labels. Received: "
                f"{type(model).__name__}. Give `labels=` otherwise."
            )
        return model.decode_predictions(scores, top)
    labels = default if labels is None else labels
    return (decode_steps if steps else decode)(scores, labels, top)


def _fitting(labels, width):
    """The names of `width` classes; where there are several lists, those of that many classes."""
    if labels is None:
        return [str(i) for i in range(*width)]
    if isinstance(labels, Mapping):
        fitting = [names for names in labels.values() if (len(names),) == width]
        labels = [*fitting, *labels.values()][0]
    return [str(label) for label in labels]
