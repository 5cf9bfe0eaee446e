"""What the units of a layer answer to: how well each tells a class, and its top clips."""

import dataclasses

import numpy as np

from keras_sounddream.audio.io import open_sound
from keras_sounddream.errors import InputError
from keras_sounddream.training.transfer.activations import layer_activations

ANSWERS = ("mean", "max")


@dataclasses.dataclass(frozen=True)
class UnitSensitivity:
    """How the units of a layer answer to the clips of several classes.

    Attributes:
        model: str, the model's name.
        layer: str.
        labels: tuple of str, one a class.
        clips: tuple of path, one a clip.
        truth: int array `(clips,)`, class indices.
        answers: float32 `(clips, units)`, what is ranked: a unit's mean or maximum over time.
        auc: float64 `(units, classes)`, as of `area_under_curve`.
        d_prime: float64 `(units, classes)`, as of `discriminability`.
        top: int array `(units, top)`, the clips of the highest answers, highest first.
        seconds: float64 `(units, top)`, when in these clips the unit answers most.
        shuffled: float, the highest AUC of all units once the labels have been shuffled: what
            chance makes of so many.
    """

    model: str
    layer: str
    labels: tuple
    clips: tuple
    truth: np.ndarray
    answers: np.ndarray
    auc: np.ndarray
    d_prime: np.ndarray
    top: np.ndarray
    seconds: np.ndarray
    shuffled: float

    @property
    def best(self):
        """For each unit the class that it tells best: int array `(units,)`."""
        return self.auc.argmax(axis=1)

    def order(self, label=None, least_auc=0.0, limit=None):
        """Lists units, those first that tell their class best.

        Args:
            label: str, of the class that they tell best; `None` for any.
            least_auc: float, of that class.
            limit: int, how many at most; `None` for all.

        Returns:
            int array.

        Raises:
            InputError: if there is no such class.
        """
        check_class(label, self.labels)
        area, separation = self.auc.max(axis=1), self.d_prime.max(axis=1)
        found = np.lexsort((-separation, -area))
        found = found[area[found] >= least_auc]
        if label is not None:
            found = found[self.best[found] == self.labels.index(label)]
        return found[:limit]


def check_class(label, labels):
    """Checks that a class is one of those that there are.

    Args:
        label: str, or `None` for any.
        labels: sequence of str.

    Raises:
        InputError: if there is no such class.
    """
    if label is not None and label not in labels:
        raise InputError(f"Expected a class of {', '.join(labels)}. Received: {label!r}")


def measure_units(model, layer, clips, labels, *, answer="mean", top=3, family=None, seed=0):
    """Measures which classes drive the units of a layer.

    Args:
        model: `keras.Model` from waveforms, functional.
        layer: str, name of a layer; a unit is a channel of it.
        clips: sequence with `path` and `label`, the class index.
        labels: sequence of str, one a class.
        answer: str, what of a unit counts for a clip: its `"mean"` or `"max"` over time (and, in a
            layer that has them, over frequency rows).
        top: int, how many clips of the highest answers are named.
        family: module of `applications` that `model` is of, or `None`.
        seed: int, of the shuffled labels.

    Returns:
        `UnitSensitivity`.

    Raises:
        InputError: if there is no such layer, a clip cannot be read, or the clips are of one class.
    """
    if answer not in ANSWERS:
        raise InputError(f"`answer` must be one of {ANSWERS}. Received: {answer!r}")
    truth = np.array([clip.label for clip in clips], int)
    if len(np.unique(truth)) < 2:
        found = ", ".join(labels[i] for i in np.unique(truth)) or "none"
        raise InputError(f"Expected clips of two classes or more. Found: {found}")
    paths = tuple(clip.path for clip in clips)
    pooled = layer_activations(model, layer, paths, "mean+max+place", family=family)
    mean, highest, place = np.split(pooled, 3, axis=1)
    answers = mean if answer == "mean" else highest
    chosen = np.argsort(-answers, axis=0, kind="stable")[:top].T
    lengths = np.array([_seconds(path) for path in paths])
    seconds = np.take_along_axis(place.T * lengths, chosen, axis=1)
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


def area_under_curve(answers, truth, num_classes=None):
    """Computes how well single numbers tell each class from all others, by ranks.

    The area under the ROC curve: the share of the pairs of a clip of the class and one of another
    in which the first has the higher number, equal numbers counting half (Mann and Whitney).

    Args:
        answers: float array `(clips, units)`.
        truth: int array `(clips,)`.
        num_classes: int; by default one more than the highest of `truth`.

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


def discriminability(answers, truth, num_classes=None):
    """Computes d', how far apart the answers to a class and to all others are.

    The difference of the two means in units of the root mean square of the two standard
    deviations.

    Args:
        answers: float array `(clips, units)`.
        truth: int array `(clips,)`.
        num_classes: int; by default one more than the highest of `truth`.

    Returns:
        float64 `(units, classes)`; positive where the class has the higher answers, 0 where the
        means are equal or a class has no clip or all, infinite where there is no deviation.
    """
    members = _members(truth, num_classes)
    answers = np.asarray(answers, "float64")
    found = np.zeros((answers.shape[1], members.shape[1]))
    for label, member in enumerate(members.T > 0):
        if not 0 < member.sum() < len(member):
            continue
        inside, outside = answers[member], answers[~member]
        apart = inside.mean(axis=0) - outside.mean(axis=0)
        spread = np.sqrt((inside.var(axis=0) + outside.var(axis=0)) / 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            found[:, label] = np.where(apart == 0, 0.0, apart / spread)
    return found


def _members(truth, num_classes):
    truth = np.asarray(truth)
    return np.eye(num_classes or truth.max() + 1)[truth]  # (clips, classes)


def _ranks(column):
    """Ranks from 1; equal numbers share the mean of theirs."""
    in_order = np.sort(column)
    below = np.searchsorted(in_order, column, "left")
    return (below + np.searchsorted(in_order, column, "right") + 1) / 2


def _seconds(path):
    with open_sound(path) as sound:
        return sound.frames / sound.samplerate
