"""What a classifier takes a dream for."""

import numpy as np


def class_scores(model, before, after, top=3):
    """Scores the likeliest classes before and after a dream.

    Args:
        model: `keras.Model` that gives scores `(batch, classes)` in [0, 1].
        before: float32 array as `model` takes it, of which the first row is scored.
        after: float32 array, likewise.
        top: int, how many classes of each are named.

    Returns:
        list of `(label, before, after)`, the likeliest after the dream first; `None` if the model
        gives no such scores, or takes another size.
    """
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        return None
    sizes = zip(model.inputs[0].shape[1:], np.shape(after)[1:], strict=False)
    if any(expected not in (None, size) for expected, size in sizes):
        return None
    scores = [_predict(model, np.asarray(one[:1], "float32")) for one in (before, after)]
    if not all(np.isfinite(one).all() and one.min() >= 0 and one.max() <= 1 for one in scores):
        return None
    labels = getattr(model, "labels", None) or [f"class {i}" for i in range(len(scores[0]))]
    likeliest = {i for one in scores for i in np.argsort(one)[-top:]}
    return [
        (labels[i], float(scores[0][i]), float(scores[1][i]))
        for i in sorted(likeliest, key=lambda i: -scores[1][i])
    ]


def _predict(model, one):
    with_channel = one.ndim == 2 and len(model.inputs[0].shape) == 3
    return model.predict(one[..., np.newaxis] if with_channel else one, verbose=0)[0]
