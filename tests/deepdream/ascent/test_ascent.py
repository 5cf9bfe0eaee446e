"""The step's bound."""

import numpy as np

from keras_sounddream.deepdream.ascent.updates import bounded


def test_bounded_is_per_example_and_at_most_one(rng):
    gradient = rng.standard_cauchy((2, 50, 40)).astype("float32")
    change = bounded(gradient).numpy()
    assert np.abs(change).max() == 1
    np.testing.assert_allclose(bounded(1e-6 * gradient), change, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(bounded(gradient[1:]), change[1:])
    assert not np.any(bounded(np.zeros((1, 3, 3), "float32")))
