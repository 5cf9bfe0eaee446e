"""Accuracy and confusion matrix of a classifier: computed, as text, and drawn."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from keras_sounddream.files import written_beside
from keras_sounddream.types import Array, PathLike


def accuracy(confusion: Array) -> float:
    """Share of clips on the diagonal of a confusion matrix `(classes, classes)`, in [0, 1]."""
    return float(np.trace(confusion) / confusion.sum())


def confusion_matrix(truth: Array, scores: Array) -> Array:
    """Counts the predicted class of every true class.

    Args:
        truth: int `(clips,)`, the true classes.
        scores: float `(clips, classes)`; the highest is the predicted class.

    Returns:
        int64 `(classes, classes)`, rows are the true classes.
    """
    scores = np.asarray(scores)
    confusion = np.zeros((scores.shape[1],) * 2, "int64")
    np.add.at(confusion, (np.asarray(truth), scores.argmax(axis=1)), 1)
    return confusion


def table(confusion: Array, labels: Sequence[str]) -> str:
    """Text of a confusion matrix `(classes, classes)`, with a line for each true class."""
    width = max(len(label) for label in labels)
    rows = zip(labels, confusion, strict=True)
    return "\n".join(
        f"{label:>{width}} " + " ".join(f"{count:4d}" for count in row) for label, row in rows
    )


def sample_lines(clips: Sequence[Any], scores: Array, labels: Sequence[str]) -> Iterator[str]:
    """Lists the true and the predicted class of every clip.

    Args:
        clips: with `path` and `label`, the class index.
        scores: float `(clips, classes)`.
        labels: name of each class.

    Yields:
        File, true class, class of the highest score, that score, and `right` or `wrong`.
    """
    for clip, row in zip(clips, scores, strict=True):
        predicted = int(np.argmax(row))
        verdict = "right" if predicted == clip.label else "wrong"
        yield (
            f"{clip.path.name}  {labels[clip.label]}  {labels[predicted]}  {row[predicted]:.3f}  "
            f"{verdict}"
        )


def plot(confusion: Array, labels: Sequence[str], path: PathLike, overwrite: bool = False) -> None:
    """Draws a confusion matrix, shaded by the shares of the true classes.

    Args:
        confusion: int `(classes, classes)`.
        labels: name of each class.
        path: of a `.png`.
        overwrite: whether a file that exists may be replaced.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    confusion = np.asarray(confusion)
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(8, 7), layout="constrained")
    axes = figure.subplots()
    axes.imshow(share, cmap="magma", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="predicted", ylabel="true", title=f"{accuracy(confusion):.1%} right")
    for (i, j), count in np.ndenumerate(confusion):
        if count:
            axes.text(j, i, count, ha="center", va="center", color="wk"[int(share[i, j] > 0.6)])
    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content)
    with written_beside(path, overwrite) as temporary:
        temporary.write_bytes(content.getvalue())
