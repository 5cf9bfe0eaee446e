"""A map of units: those that respond alike lie near each other, each in a cell of its own."""

import numpy as np

from keras_sounddream.types import Array

_PERPLEXITY = 30  # of t-SNE, where there are units enough
_LEAST = 5  # units for t-SNE; fewer lie in a row
_CELLS_PER_UNIT = 2.5  # so that gaps between groups stay


def place_units(answers: Array, seed: int = 0) -> Array:
    """Places units in a plane by the similarity of their responses.

    Each unit's responses are standardised over the clips; t-SNE with the cosine distance, so the
    correlation, lays them out (van der Maaten and Hinton, *Visualizing Data using t-SNE*, 2008,
    https://jmlr.org/papers/v9/vandermaaten08a.html); and each goes to a cell of a square grid, the
    sum of the squared ways being the least.

    Args:
        answers: float `(clips, units)`, of `UnitSensitivity`; none of the units answers alike to
            all clips.
        seed: of the layout.

    Returns:
        int `(units, 2)`, row and column of each unit's cell, from 0.
    """
    count = answers.shape[1]
    if count < _LEAST:
        return np.stack([np.zeros(count, int), np.arange(count)], axis=1)
    responses = np.asarray(answers, "float64").T
    responses = responses - responses.mean(axis=1, keepdims=True)
    responses /= responses.std(axis=1, keepdims=True)
    return _to_cells(_layout(responses, seed))


def _layout(responses, seed):
    """Places of t-SNE, float `(units, 2)`; its start is of principal components."""
    from sklearn.manifold import TSNE

    count = len(responses)
    embedding = TSNE(
        perplexity=min(_PERPLEXITY, (count - 1) / 3),
        metric="cosine",
        init="pca" if responses.shape[1] > 1 else "random",
        random_state=seed,
    )
    return embedding.fit_transform(responses)


def _to_cells(places):
    """A free cell for each place: int `(units, 2)`."""
    from scipy.optimize import linear_sum_assignment

    side = int(np.ceil(np.sqrt(_CELLS_PER_UNIT * len(places))))
    span = np.ptp(places, axis=0)
    scaled = (places - places.min(axis=0)) / np.where(span > 0, span, 1) * (side - 1)
    cells = np.stack(np.divmod(np.arange(side * side), side), axis=1)
    ways = ((scaled[:, None] - cells[None]) ** 2).sum(axis=-1)
    return cells[linear_sum_assignment(ways)[1]]
