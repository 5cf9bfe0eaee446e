"""How often a classifier is right, and where it errs."""

import io

import numpy as np

from keras_sounddream.files import written_beside


def accuracy(confusion):
    """Share of clips on the diagonal of a confusion matrix.

    Args:
        confusion: int array `(classes, classes)`.

    Returns:
        float in [0, 1].
    """
    return float(np.trace(confusion) / confusion.sum())


def confusion_matrix(truth, scores):
    """Counts what a model says of every class.

    Args:
        truth: int array `(clips,)`, the true classes.
        scores: float array `(clips, classes)`; the highest is what the model says.

    Returns:
        int64 `(classes, classes)`, rows are the true classes.
    """
    scores = np.asarray(scores)
    confusion = np.zeros((scores.shape[1],) * 2, "int64")
    np.add.at(confusion, (np.asarray(truth), scores.argmax(axis=1)), 1)
    return confusion


def table(confusion, labels):
    """Writes a confusion matrix as lines of text.

    Args:
        confusion: int array `(classes, classes)`.
        labels: sequence of str.

    Returns:
        str, a line a true class.
    """
    width = max(len(label) for label in labels)
    rows = zip(labels, confusion, strict=True)
    return "\n".join(
        f"{label:>{width}} " + " ".join(f"{count:4d}" for count in row) for label, row in rows
    )


def sample_lines(clips, scores, labels):
    """Says of every clip what it is and what the model takes it for.

    Args:
        clips: sequence with `path` and `label`, the class index.
        scores: float array `(clips, classes)`.
        labels: sequence of str.

    Yields:
        str: file, true class, class of the highest score, that score, and `right` or `wrong`.
    """
    for clip, row in zip(clips, scores, strict=True):
        said = int(np.argmax(row))
        verdict = "right" if said == clip.label else "wrong"
        yield f"{clip.path.name}  {labels[clip.label]}  {labels[said]}  {row[said]:.3f}  {verdict}"


def plot(confusion, labels, path, overwrite=False):
    """Draws a confusion matrix, shaded by the shares of the true classes.

    Args:
        confusion: int array `(classes, classes)`.
        labels: sequence of str.
        path: str or path of a `.png`.
        overwrite: bool, whether a file that exists may be replaced.
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
    axes.set(xlabel="said", ylabel="true", title=f"{accuracy(confusion):.1%} right")
    for (i, j), count in np.ndenumerate(confusion):
        if count:
            axes.text(j, i, count, ha="center", va="center", color="wk"[int(share[i, j] > 0.6)])
    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content)
    with written_beside(path, overwrite) as temporary:
        temporary.write_bytes(content.getvalue())
