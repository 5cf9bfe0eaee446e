"""Linear probes: how well classes are told apart by what a layer answers, and nothing else."""

import dataclasses
import itertools

import numpy as np
from tqdm import tqdm

from keras_sounddream.datasets.clip_sets import read_clip_set
from keras_sounddream.deepdream.network.lookup import unknown
from keras_sounddream.errors import InputError
from keras_sounddream.training import evaluation
from keras_sounddream.training.transfer.feature_cache import stored_features
from keras_sounddream.training.transfer.linear_classifier import LinearFit

COSTS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
KINDS = ("logistic", "svm")
PROTOCOLS = {  # as SoundNet's authors measure on ESC-50: windows of 1 s, nothing chosen
    "soundnet": {
        "kind": "svm",
        "pooling": "windows",
        "seconds": 10.0,
        "costs": (0.01,),
        "scaled": False,
        "keep_bands": True,
    },
}


@dataclasses.dataclass(frozen=True)
class ProbeResult:
    """What a probe found.

    Attributes:
        folds: tuple of int, those measured on.
        accuracies: tuple of float in [0, 1], one a fold.
        chosen: tuple of `(name, cost)`, one a fold: the features and the cost that the other folds
            chose.
        confusion: int64 `(classes, classes)` of all folds, rows are the true classes.
        labels: tuple of str, one a class.
    """

    folds: tuple
    accuracies: tuple
    chosen: tuple
    confusion: np.ndarray
    labels: tuple

    @property
    def mean(self):
        """Mean accuracy of the folds: float in [0, 1]."""
        return float(np.mean(self.accuracies))

    @property
    def spread(self):
        """Standard deviation of the folds' accuracies: float, `nan` of a single fold."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.folds) > 1 else float("nan")


def probe(
    model,
    layer,
    data,
    kind="logistic",
    pooling="mean",
    *,
    costs=COSTS,
    scaled=True,
    folds=None,
    seed=0,
    cache=None,
    **options,
):
    """Measures how well a linear classifier tells classes by a layer, fold by fold.

    For each fold the classifier is fitted to the others; its cost is the one that does best when
    each of these in turn is left out. The fold itself chooses nothing.

    Args:
        model: `keras.Model` from waveforms, functional.
        layer: str, name of a layer.
        data: str or path of clips, as of `read_clip_set`.
        kind: `"logistic"`, or `"svm"` for a linear support vector machine (squared hinge loss, one
            class against the rest).
        pooling: str, as of `activations`; of `"windows"` the scores are averaged.
        costs: sequence of float, weights of the errors against the size of the coefficients.
        scaled: bool, whether each feature is brought to mean 0 and variance 1 of the clips that are
            fitted to.
        folds: sequence of int to measure on; `None` for all.
        seed: int, of folds that are drawn.
        cache: str or path of a folder that features are kept in, or `None`.
        **options: of `activations`, such as `family`, `seconds`, `keep_bands` and `progress`.

    Returns:
        `ProbeResult`.

    Raises:
        InputError: if anything of it is not there, a clip cannot be read, or classes or folds have
            too few clips.
    """
    _check(kind, costs)
    clip_set = read_clip_set(data, seed)
    paths = [clip.path for clip in clip_set.clips]
    features = stored_features(model, [layer], paths, pooling, folder=cache, **options)
    progress = options.get("progress", True)
    return cross_validate(features, clip_set, kind, costs, scaled, folds, progress)


def cross_validate(
    candidates, clip_set, kind="logistic", costs=COSTS, scaled=True, folds=None, progress=True
):
    """Measures features of clips, fold by fold; the other folds choose among several of them.

    Args:
        candidates: dict from a name to a list of float32 `(rows, features)`, one a clip, as
            `stored_features` gives them.
        clip_set: `ClipSet` that they are of.
        kind: as of `probe`.
        costs: as of `probe`.
        scaled: as of `probe`.
        folds: as of `probe`.
        progress: bool, whether to show a progress bar.

    Returns:
        `ProbeResult`.

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
    """Of each test fold: how right each candidate and cost is on the others, each left out in turn.

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
                    here = of_fold == left_out
                    said = scores[:, here].argmax(axis=2)
                    right[test].append((said == fit.labels[here]).mean(axis=1))
        for fold in folds:
            inner[fold].append(np.mean(right[fold], axis=0))  # (costs,)
    return {fold: np.concatenate(found) for fold, found in inner.items()}


def find_protocol(name):
    """Finds a protocol by its name.

    Args:
        name: str, key of `PROTOCOLS`.

    Returns:
        dict, arguments of `probe`.

    Raises:
        InputError: if there is none.
    """
    if name not in PROTOCOLS:
        raise InputError(unknown("A probe has", "protocol", name, list(PROTOCOLS)))
    return dict(PROTOCOLS[name])


def _check(kind, costs):
    if kind not in KINDS:
        raise InputError(unknown("A probe has", "kind", kind, list(KINDS)))
    if not len(costs) or not all(cost > 0 for cost in costs):
        raise InputError(f"Expected `costs` above 0, at least one. Received: {costs!r}")
