"""Linear probes: how well a linear classifier tells classes apart by a layer's activations."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.datasets.clip_sets import ClipSet, read_clip_set
from keras_sounddream.errors import InputError
from keras_sounddream.training import evaluation
from keras_sounddream.training.transfer.feature_cache import stored_features
from keras_sounddream.training.transfer.linear_classifier import LinearFit, check_kind
from keras_sounddream.types import Array, PathLike

COSTS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


@dataclasses.dataclass(frozen=True)
class ProbeResult:
    """Accuracies of a probe.

    Attributes:
        folds: those measured on.
        accuracies: in [0, 1], one per fold.
        chosen: `(name, cost)` per fold: the features and the cost that the other folds chose.
        confusion: int64 `(classes, classes)` of all folds, rows are the true classes.
        labels: name of each class.
    """

    folds: tuple[int, ...]
    accuracies: tuple[float, ...]
    chosen: tuple[tuple[str, float], ...]
    confusion: Array
    labels: tuple[str, ...]

    @property
    def mean(self) -> float:
        """Mean accuracy of the folds, in [0, 1]."""
        return float(np.mean(self.accuracies))

    @property
    def spread(self) -> float:
        """Standard deviation of the folds' accuracies, `nan` of a single fold."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.folds) > 1 else float("nan")


def probe(
    model: keras.Model,
    layer: str,
    data: PathLike,
    kind: str = "logistic",
    pooling: str = "mean",
    *,
    costs: Sequence[float] = COSTS,
    scaled: bool = True,
    folds: Sequence[int] | None = None,
    seed: int = 0,
    cache: PathLike | None = None,
    **options: Any,
) -> ProbeResult:
    """Measures how well a linear classifier tells classes by a layer, fold by fold.

    For each fold the classifier is fitted to the others; its cost is the one that does best when
    each of these in turn is left out. The fold itself chooses nothing.

    Args:
        model: from waveforms, functional.
        layer: name of a layer.
        data: of clips, see `read_clip_set`.
        kind: `"logistic"`, or `"svm"` for a linear support vector machine (squared hinge loss, one
            class against the rest).
        pooling: over time, see `activations`; the scores of `"windows"` are averaged.
        costs: weights of the errors against the size of the coefficients.
        scaled: whether each feature is brought to mean 0 and variance 1 of the clips that are
            fitted to.
        folds: to measure on; `None` for all.
        seed: of folds that are drawn.
        cache: folder that features are kept in, or `None`.
        **options: of `activations`, such as `family`, `seconds`, `keep_bands` and `progress`.

    Returns:
        Accuracies of the folds.

    Raises:
        InputError: if there is no such layer, kind, pooling or fold, a clip cannot be read, or
            classes or folds have too few clips.
    """
    _check(kind, costs)
    clip_set = read_clip_set(data, seed)
    paths = [clip.path for clip in clip_set.clips]
    features = stored_features(model, [layer], paths, pooling, folder=cache, **options)
    progress = options.get("progress", True)
    return cross_validate(features, clip_set, kind, costs, scaled, folds, progress)


def cross_validate(
    candidates: Mapping[str, Sequence[Array]],
    clip_set: ClipSet,
    kind: str = "logistic",
    costs: Sequence[float] = COSTS,
    scaled: bool = True,
    folds: Sequence[int] | None = None,
    progress: bool = True,
) -> ProbeResult:
    """Measures features of clips, fold by fold; the other folds choose among several of them.

    Args:
        candidates: dict from a name to a list of float32 `(rows, features)` per clip, as
            `stored_features` gives them.
        clip_set: the clips of these features.
        kind: see `probe`.
        costs: see `probe`.
        scaled: see `probe`.
        folds: see `probe`.
        progress: whether to show a progress bar.

    Returns:
        Accuracies of the folds.

    Raises:
        InputError: if there is no such kind, cost or fold, or a choice with fewer than three folds.
    """
    _check(kind, costs)
    folds = clip_set.folds if folds is None else tuple(folds)
    for fold in folds:
        clip_set.part(fold)
    choices = list(itertools.product(candidates, costs))
    if len(choices) > 1 and len(clip_set.folds) < 3:
        raise InputError(f"Expected three folds to choose by. Received: {clip_set.folds}")
    labels = np.array([clip.label for clip in clip_set.clips])
    of_fold = np.array([clip.fold for clip in clip_set.clips])
    fit = LinearFit(labels, kind, costs, scaled)
    with tqdm(desc="probe", unit="fit", disable=not progress) as bar:
        inner = _inner_accuracies(candidates, fit, of_fold, folds, bar) if choices[1:] else None
        chosen = [choices[inner[fold].argmax()] if inner else choices[0] for fold in folds]
        scores = np.zeros((len(labels), len(clip_set.labels)))
        for fold, (name, cost) in zip(folds, chosen, strict=True):
            test = of_fold == fold
            scores[test] = fit.only(cost)(candidates[name], ~test, bar)[0][test]
    right = scores.argmax(axis=1) == labels
    tested = np.isin(of_fold, folds)
    return ProbeResult(
        folds,
        tuple(float(right[of_fold == fold].mean()) for fold in folds),
        tuple(chosen),
        evaluation.confusion_matrix(labels[tested], scores[tested]),
        clip_set.labels,
    )


def _inner_accuracies(candidates, fit, of_fold, folds, bar):
    """Per test fold, accuracies of each candidate and cost on the others, each left out in turn.

    What is fitted without two folds serves both of them: the one as test fold, the other to choose.
    """
    inner = {fold: [] for fold in folds}
    for rows in candidates.values():
        right = {fold: [] for fold in folds}
        for pair in itertools.combinations(np.unique(of_fold), 2):
            if not set(pair) & set(folds):
                continue
            scores = fit(rows, ~np.isin(of_fold, pair), bar)
            for test, left_out in (pair, pair[::-1]):
                if test in folds:
                    members = of_fold == left_out
                    predicted = scores[:, members].argmax(axis=2)
                    right[test].append((predicted == fit.labels[members]).mean(axis=1))
        for fold in folds:
            inner[fold].append(np.mean(right[fold], axis=0))  # (costs,)
    return {fold: np.concatenate(accuracies) for fold, accuracies in inner.items()}


def _check(kind, costs):
    check_kind(kind)
    if not len(costs) or not all(cost > 0 for cost in costs):
        raise InputError(f"Expected `costs` above 0, at least one. Received: {costs!r}")
