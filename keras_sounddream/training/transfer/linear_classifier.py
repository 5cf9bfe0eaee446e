"""Linear classifiers of clips by their features."""

import dataclasses
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_sounddream.errors import InputError, unknown_name
from keras_sounddream.types import Array

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

_NO_SPREAD = 1e-8  # standard deviation of a feature that is the same for every clip


def find_protocol(name: str) -> dict[str, Any]:
    """Arguments of `probe` for a key of `PROTOCOLS`; an `InputError` if there is none."""
    if name not in PROTOCOLS:
        raise InputError(unknown_name("A probe has", "protocol", name, list(PROTOCOLS)))
    return dict(PROTOCOLS[name])


def check_kind(kind: str) -> None:
    """Checks that there is such a kind of classifier; `InputError` with the nearest if not."""
    if kind not in KINDS:
        raise InputError(unknown_name("A probe has", "kind", kind, list(KINDS)))


@dataclasses.dataclass(frozen=True)
class LinearFit:
    """Fits linear classifiers of several costs to features of some clips, and scores all clips.

    Args:
        labels: int `(clips,)`.
        kind: `"logistic"`, or `"svm"`: squared hinge loss, one class against the rest.
        costs: weights of the errors against the size of the coefficients.
        scaled: whether features are brought to mean 0 and variance 1 of the fitted clips.
    """

    labels: Array
    kind: str
    costs: Sequence[float]
    scaled: bool

    def only(self, cost: float) -> "LinearFit":
        """The same with one cost."""
        return dataclasses.replace(self, costs=(cost,))

    def __call__(self, features: Sequence[Array], is_fitted: Array, bar: Any) -> Array:
        """Mean decision value of each clip's rows: float64 `(costs, clips, classes)`.

        `features` are `(rows, features)` per clip; bool `is_fitted` marks the clips to fit to;
        `bar` moves by one per fit.
        """
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # many threads on small matrices wait for each other
            return self._fit(features, is_fitted, bar)

    def _fit(self, features, is_fitted, bar):
        counts = np.array([len(rows) for rows in features])
        rows = np.concatenate(features).astype("float64")
        fitted, labels = np.repeat(is_fitted, counts), np.repeat(self.labels, counts)
        rows = _rotated(rows, fitted, self.scaled)
        starts = np.cumsum(counts) - counts
        means = []
        for cost in self.costs:
            scores = _scores(_classifier(self.kind, cost), rows, labels, fitted)
            means.append(np.add.reduceat(scores, starts, axis=0) / counts[:, None])
            bar.update()
        return np.stack(means)


def dense_weights(rows: Array, labels: Array, cost: float) -> tuple[Array, Array]:
    """Kernel `(features, classes)` and bias of a softmax layer, by logistic regression on `rows`.

    Fitted to the scaled rows `(clips, features)`, for the plain ones; each class needs a clip.
    """
    from threadpoolctl import threadpool_limits

    rows = np.asarray(rows, "float64")
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    spread = np.where(spread > _NO_SPREAD, spread, 1.0)
    with threadpool_limits(1):
        fitted = _classifier("logistic", cost).fit((rows - mean) / spread, labels)
    kernel, bias = fitted.coef_.T / spread[:, None], fitted.intercept_
    if kernel.shape[1] == 1:  # of two classes the second against the first
        kernel, bias = np.pad(kernel, ((0, 0), (1, 0))), np.pad(bias, (1, 0))
    return kernel.astype("float32"), (bias - mean @ kernel).astype("float32")


def _rotated(rows, fitted, scaled):
    """Rows scaled and, where features outnumber clips, rotated onto as many axes, losslessly.

    A penalty on squared coefficients is the same on any axes that the fitted rows lie on.
    """
    if scaled:
        spread = rows[fitted].std(axis=0)
        rows = (rows - rows[fitted].mean(axis=0)) / np.where(spread > _NO_SPREAD, spread, 1.0)
    if rows.shape[1] <= fitted.sum():
        return rows
    axes = np.linalg.svd(rows[fitted], full_matrices=False)[2]
    return rows @ axes.T


def _classifier(kind, cost):
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    if kind == "svm":
        return LinearSVC(C=cost, tol=1e-3, random_state=0)
    return LogisticRegression(C=cost, max_iter=500)


def _scores(classifier, rows, labels, fitted):
    """Decision values of all rows, `(rows, classes)`: of two classes, a value and its negative."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last digits choose no class
        scores = classifier.fit(rows[fitted], labels[fitted]).decision_function(rows)
    return np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores
