"""Random transforms: stretching, and layers of one's own."""

import numpy as np
import pytest

from keras_sounddream.deepdream.params import RandomEqualizer, RandomGain, RandomNoise, Transform
from keras_sounddream.deepdream.params.transforms import stretch
from keras_sounddream.errors import InputError


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


@pytest.mark.parametrize("kind", [RandomGain, RandomEqualizer, RandomNoise])
def test_random_transforms_are_seeded_each_of_a_batch_alone_and_saved(rng, kind):
    waveform = np.repeat(rng.normal(0, 0.1, (1, 999)).astype("float32"), 2, axis=0)
    layer, seed = kind(6.0), np.array([3, 4], "int32")
    made = layer(waveform, seed).numpy()
    assert made.shape == waveform.shape
    assert np.abs(made[0] - made[1]).max() > 1e-4
    assert 0.2 < np.std(made) / np.std(waveform) < 5
    again = kind.from_config(layer.get_config())
    np.testing.assert_array_equal(again(waveform, seed), made)
    assert np.abs(layer(waveform, seed + 1).numpy() - made).max() > 1e-4


def test_a_transform_that_may_do_nothing_does_nothing(rng):
    waveform = rng.normal(0, 0.1, (1, 1000)).astype("float32")
    for kind in (RandomGain, RandomEqualizer):
        made = kind(0.0)(waveform, np.array([0, 0], "int32"))
        np.testing.assert_allclose(made, waveform, atol=1e-6)
    with pytest.raises(InputError, match="`most` must be"):
        RandomGain(-1.0)
