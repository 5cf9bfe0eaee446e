"""The plane of units: those that respond alike are near, and each has a cell of its own."""

import numpy as np
import pytest

from keras_sounddream.training.transfer.unit_map import place_units


def test_units_that_respond_alike_are_near(rng):
    patterns = rng.normal(size=(30, 3))
    group = np.arange(45) % 3
    scale, offset = rng.uniform(1, 100, 45), rng.uniform(-50, 50, 45)  # which similarity ignores
    answers = (patterns[:, group] + 0.2 * rng.normal(size=(30, 45))) * scale + offset
    cells = place_units(answers, seed=1)
    assert len({tuple(cell) for cell in cells}) == 45
    assert cells.min() >= 0
    assert cells.max() < np.ceil(np.sqrt(2.5 * 45))
    ways = np.linalg.norm(cells[:, None] - cells[None], axis=-1)
    np.fill_diagonal(ways, np.inf)
    assert (group[ways.argmin(axis=1)] == group).mean() > 0.9
    np.testing.assert_array_equal(place_units(answers, seed=1), cells)


@pytest.mark.parametrize("count", [1, 4, 5])
def test_a_few_units_have_cells_too(rng, count):
    cells = place_units(rng.normal(size=(6, count)))
    assert len({tuple(cell) for cell in cells}) == count
