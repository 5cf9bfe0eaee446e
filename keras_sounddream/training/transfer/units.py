"""Sensitivity of a layer's units to classes: AUC and d' of each, and its top clips."""

import dataclasses
import pathlib
import types
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_sounddream import checks
from keras_sounddream.audio.io import seconds_of
from keras_sounddream.datasets.clip_sets import check_class
from keras_sounddream.errors import InputError
from keras_sounddream.training.transfer.activations import layer_activations
from keras_sounddream.types import Array

ANSWERS = ("mean", "max")


@dataclasses.dataclass(frozen=True)
class UnitSensitivity:
    """How the units of a layer respond to the clips of several classes.

    Attributes:
        model: the model's name.
        layer: the layer's name.
        labels: name of each class.
        clips: path of each clip.
        truth: int `(clips,)`, class indices.
        answers: float32 `(clips, units)`, by which clips are ranked: a unit's mean or maximum over
            time.
        auc: float64 `(units, classes)`, see `area_under_curve`.
        d_prime: float64 `(units, classes)`, see `discriminability`.
        top: int `(units, top)`, the clips of the highest responses, highest first.
        seconds: float64 `(units, top)`, when in these clips the unit responds most.
        shuffled: the highest AUC of all units for shuffled labels: what so many reach by chance.
    """

    model: str
    layer: str
    labels: tuple[str, ...]
    clips: tuple[pathlib.Path, ...]
    truth: Array
    answers: Array
    auc: Array
    d_prime: Array
    top: Array
    seconds: Array
    shuffled: float

    @property
    def best(self) -> Array:
        """For each unit the class that it tells best: int `(units,)`."""
        return self.auc.argmax(axis=1)

    def order(
        self, label: str | None = None, least_auc: float = 0.0, limit: int | None = None
    ) -> Array:
        """Lists units, those first that tell their class best.

        Args:
            label: of the class that they tell best; `None` for any.
            least_auc: of that class.
            limit: how many at most; `None` for all.

        Returns:
            int array.

        Raises:
            InputError: if there is no such class.
        """
        check_class(label, self.labels)
        area, separation = self.auc.max(axis=1), self.d_prime.max(axis=1)
        units = np.lexsort((-separation, -area))
        units = units[area[units] >= least_auc]
        if label is not None:
            units = units[self.best[units] == self.labels.index(label)]
        return units[:limit]


def measure_units(
    model: keras.Model,
    layer: str,
    clips: Sequence[Any],
    labels: Sequence[str],
    *,
    answer: str = "mean",
    top: int = 3,
    family: types.ModuleType | None = None,
    seed: int = 0,
) -> UnitSensitivity:
    """Measures which classes drive the units of a layer.

    Args:
        model: from waveforms, functional.
        layer: name of a layer; a unit is a channel of it.
        clips: with `path` and `label`, the class index.
        labels: name of each class.
        answer: response of a unit to a clip: its `"mean"` or `"max"` over time (and, in a layer
            that has them, over frequency rows).
        top: how many clips of the highest responses are named.
        family: module of `applications` that `model` is of, or `None`.
        seed: of the shuffled labels.

    Returns:
        AUC, d' and top clips of each unit.

    Raises:
        InputError: if there is no such layer, a clip cannot be read, or the clips are of one class.
    """
    checks.check("answer", answer, checks.choice(ANSWERS))
    truth = np.array([clip.label for clip in clips], int)
    if len(np.unique(truth)) < 2:
        names = ", ".join(labels[i] for i in np.unique(truth)) or "none"
        raise InputError(f"Expected clips of two classes or more. Found: {names}")
    paths = tuple(clip.path for clip in clips)
    pooled = layer_activations(model, layer, paths, "mean+max+place", family=family)
    mean, highest, position = np.split(pooled, 3, axis=1)
    answers = mean if answer == "mean" else highest
    chosen = np.argsort(-answers, axis=0, kind="stable")[:top].T
    lengths = np.array([seconds_of(path) for path in paths])
    seconds = np.take_along_axis(position.T * lengths, chosen, axis=1)
    shuffled = area_under_curve(answers, np.random.default_rng(seed).permutation(truth))
    return UnitSensitivity(
        model=model.name,
        layer=layer,
        labels=tuple(labels),
        clips=paths,
        truth=truth,
        answers=answers,
        auc=area_under_curve(answers, truth, len(labels)),
        d_prime=discriminability(answers, truth, len(labels)),
        top=chosen,
        seconds=seconds,
        shuffled=float(shuffled.max()),
    )


def area_under_curve(answers: Array, truth: Array, num_classes: int | None = None) -> Array:
    """Computes how well single numbers tell each class from all others, by ranks.

    The area under the ROC curve: the share of the pairs of a clip of the class and one of another
    in which the first has the higher number, equal numbers counting half (Mann and Whitney).

    Args:
        answers: float `(clips, units)`.
        truth: int `(clips,)`.
        num_classes: by default one more than the highest of `truth`.

    Returns:
        float64 `(units, classes)` in [0, 1], 0.5 where nothing is told, also for a class of no clip
        or of all.
    """
    members = _members(truth, num_classes)
    ranks = np.stack([_ranks(column) for column in np.asarray(answers).T])  # (units, clips)
    inside = members.sum(axis=0)
    pairs = inside * (len(members) - inside)
    above = ranks @ members - inside * (inside + 1) / 2
    return np.where(pairs > 0, above / np.maximum(pairs, 1), 0.5)


def discriminability(answers: Array, truth: Array, num_classes: int | None = None) -> Array:
    """Computes d', the distance between the responses to a class and to all others.

    The difference of the two means in units of the root mean square of the two standard
    deviations.

    Args:
        answers: float `(clips, units)`.
        truth: int `(clips,)`.
        num_classes: by default one more than the highest of `truth`.

    Returns:
        float64 `(units, classes)`; positive where the class has the higher responses, 0 where the
        means are equal or a class has no clip or all, infinite where there is no deviation.
    """
    members = _members(truth, num_classes)
    answers = np.asarray(answers, "float64")
    distances = np.zeros((answers.shape[1], members.shape[1]))
    for label, member in enumerate(members.T > 0):
        if not 0 < member.sum() < len(member):
            continue
        inside, outside = answers[member], answers[~member]
        apart = inside.mean(axis=0) - outside.mean(axis=0)
        spread = np.sqrt((inside.var(axis=0) + outside.var(axis=0)) / 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            distances[:, label] = np.where(apart == 0, 0.0, apart / spread)
    return distances


def _members(truth, num_classes):
    truth = np.asarray(truth)
    return np.eye(num_classes or truth.max() + 1)[truth]  # (clips, classes)


def _ranks(column):
    """Ranks from 1; equal numbers share the mean of theirs."""
    in_order = np.sort(column)
    below = np.searchsorted(in_order, column, "left")
    return (below + np.searchsorted(in_order, column, "right") + 1) / 2
