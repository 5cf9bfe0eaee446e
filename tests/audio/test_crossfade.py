"""Tests of `audio.crossfade`."""

import numpy as np
import pytest

from keras_sounddream.audio.crossfade import crossfade


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_a_crossfade_neither_dips_nor_swells(shared, rng):
    common, one, two = 0.1 * rng.normal(size=(3, 240_000))
    sounds = [np.sqrt(shared) * common + np.sqrt(1 - shared) * own for own in (one, two)]
    faded = crossfade(*np.asarray(sounds, "float32"))
    levels = [10 * np.log10(np.mean(np.square(part)) / 0.01) for part in np.split(faded, 10)]
    np.testing.assert_allclose(levels, 0, atol=0.15)


def test_a_crossfade_never_leaves_the_range(rng):
    square = np.sign(np.sin(np.arange(5000))).astype("float32")
    for other in (square, -square, np.roll(square, 1), 0 * square):
        assert np.abs(crossfade(square, other)).max() <= 1
    assert crossfade(square[:0], square[:0]).shape == (0,)


def test_channels_are_faded_alike(rng):
    before, after = rng.uniform(-0.5, 0.5, (2, 2, 500))
    both = crossfade(before, after)
    assert both.shape == (2, 500)
    for faded, first, last in zip(both, before, after, strict=True):
        np.testing.assert_allclose(faded[0], first[0], atol=0.01)
        np.testing.assert_allclose(faded[-1], last[-1], atol=0.01)
