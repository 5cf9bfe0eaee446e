"""Random transforms: stretching, and layers of one's own."""

import numpy as np
import pytest

from keras_sounddream.deepdream.params import Transform
from keras_sounddream.deepdream.params.transforms import stretch


@pytest.mark.parametrize("shape", [(2, 1000), (1, 100, 80, 3)])
def test_stretch_draws_a_seeded_factor(rng, shape):
    image = rng.normal(size=shape).astype("float32")
    sizes = {stretch(image, 0.2, seed=1, step=step).shape[1] for step in range(6)}
    assert len(sizes) > 3
    assert all(0.79 * shape[1] <= size <= 1.21 * shape[1] for size in sizes)
    again = stretch(image, 0.2, seed=1, step=3)
    np.testing.assert_array_equal(stretch(image, 0.2, seed=1, step=3), again)
    assert stretch(image, 0.0, seed=1, step=3) is image


def test_a_transform_must_define_call():
    class Empty(Transform):
        pass

    with pytest.raises(NotImplementedError, match="Empty must define `call.image, seed.`"):
        Empty().call(np.zeros((1, 4), "float32"), np.zeros(2, "int32"))
    assert Empty().compute_output_shape((None, 4)) == (None, None)
