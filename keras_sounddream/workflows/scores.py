"""Class scores of a model before and after a dream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_sounddream.types import Array

if TYPE_CHECKING:
    import keras


def class_scores(
    model: keras.Model, before: Array, after: Array, top: int = 3
) -> list[tuple[str, float, float]] | None:
    """Scores the likeliest classes before and after a dream.

    Args:
        model: outputs scores `(batch, classes)` in [0, 1].
        before: float32 input of `model`, the first row of which is scored.
        after: float32 input of `model`, the first row of which is scored.
        top: how many classes of each are named.

    Returns:
        list of `(label, before, after)`, the likeliest after the dream first; `None` if the model
        outputs no such scores, or takes another size.
    """
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        return None
    sizes = zip(model.inputs[0].shape[1:], np.shape(after)[1:], strict=False)
    if any(expected not in (None, size) for expected, size in sizes):
        return None
    scores = [_predict(model, np.asarray(batch[:1], "float32")) for batch in (before, after)]
    if not all(np.isfinite(row).all() and row.min() >= 0 and row.max() <= 1 for row in scores):
        return None
    labels = getattr(model, "labels", None) or [f"class {i}" for i in range(len(scores[0]))]
    likeliest = {i for row in scores for i in np.argsort(row)[-top:]}
    return [
        (labels[i], float(scores[0][i]), float(scores[1][i]))
        for i in sorted(likeliest, key=lambda i: -scores[1][i])
    ]


def _predict(model, batch):
    with_channel = batch.ndim == 2 and len(model.inputs[0].shape) == 3
    return model.predict(batch[..., np.newaxis] if with_channel else batch, verbose=0)[0]
