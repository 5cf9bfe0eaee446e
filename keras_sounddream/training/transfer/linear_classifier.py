"""Linear classifiers of clips by their features."""

import dataclasses
import warnings

import numpy as np

_NO_SPREAD = 1e-8  # of a unit that answers alike to every clip


@dataclasses.dataclass(frozen=True)
class LinearFit:
    """Fits linear classifiers of several costs to features of some clips, and scores all clips.

    Args:
        labels: int array `(clips,)`.
        kind: str, `"logistic"`, or `"svm"`: squared hinge loss, one class against the rest.
        costs: sequence of float, weights of the errors against the size of the coefficients.
        scaled: bool, whether features are brought to mean 0 and variance 1 of the fitted clips.
    """

    labels: np.ndarray
    kind: str
    costs: tuple
    scaled: bool

    def only(self, cost):
        """The same with one cost.

        Args:
            cost: float.

        Returns:
            `LinearFit`.
        """
        return dataclasses.replace(self, costs=(cost,))

    def __call__(self, features, is_fitted, bar):
        """Fits and scores.

        Args:
            features: list of float32 `(rows, features)`, one a clip.
            is_fitted: bool array `(clips,)`, the clips to fit to.
            bar: progress bar, which moves by one a fit.

        Returns:
            float64 `(costs, clips, classes)`, the mean decision value of each clip's rows.
        """
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # many threads on small matrices wait for each other
            return self._fit(features, is_fitted, bar)

    def _fit(self, features, is_fitted, bar):
        counts = np.array([len(rows) for rows in features])
        rows = np.concatenate(features).astype("float64")
        fitted, labels = np.repeat(is_fitted, counts), np.repeat(self.labels, counts)
        rows = _turned(rows, fitted, self.scaled)
        starts = np.cumsum(counts) - counts
        found = []
        for cost in self.costs:
            said = _scores(_classifier(self.kind, cost), rows, labels, fitted)
            found.append(np.add.reduceat(said, starts, axis=0) / counts[:, None])
            bar.update()
        return np.stack(found)


def dense_weights(rows, labels, cost):
    """Fits logistic regression to scaled features; gives it as a layer on the plain ones.

    Args:
        rows: float32 `(clips, features)`.
        labels: int array `(clips,)`, each of the classes from 0 on at least once.
        cost: float, weight of the errors against the size of the coefficients.

    Returns:
        `(kernel, bias)`: float32 `(features, classes)` and `(classes,)`, of a `Dense` layer with
        softmax.
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


def _turned(rows, fitted, scaled):
    """Rows scaled and, where features outnumber clips, turned onto as many axes: nothing is lost.

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
        said = classifier.fit(rows[fitted], labels[fitted]).decision_function(rows)
    return np.stack([-said, said], axis=1) if said.ndim == 1 else said
