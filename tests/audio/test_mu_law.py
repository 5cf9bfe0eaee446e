"""Mu-law levels against the formula of G.711's continuous curve."""

import numpy as np
import pytest
from keras import ops

from keras_sounddream import audio

LEVELS = (2, 16, 255, 256, 1024)


def level(sample, levels):
    """The level of one sample, by the definition."""
    top = levels - 1
    curve = np.sign(sample) * np.log1p(top * min(abs(sample), 1)) / np.log1p(top)
    return np.floor((curve + 1) / 2 * top + 0.5)


@pytest.mark.parametrize("levels", LEVELS)
def test_levels_are_those_of_the_definition(levels, rng):
    waveform = rng.uniform(-1, 1, 300).astype("float32")
    found = np.asarray(audio.waveform_to_levels(waveform, levels))
    wanted = np.array([level(float(sample), levels) for sample in waveform])
    assert found.dtype == np.float32
    assert np.abs(found - wanted).max() <= 1  # rounding at an edge between two
    assert np.mean(found == wanted) > 0.99


@pytest.mark.parametrize("levels", LEVELS)
def test_every_level_comes_back_from_its_waveform(levels):
    indices = np.arange(levels)
    waveform = audio.levels_to_waveform(indices, levels)
    assert waveform.dtype == np.float32
    np.testing.assert_array_equal(audio.waveform_to_levels(waveform, levels), indices)


@pytest.mark.parametrize("levels", LEVELS)
def test_the_ends_are_full_scale_and_the_order_is_kept(levels):
    waveform = audio.levels_to_waveform(np.arange(levels), levels)
    assert (waveform[0], waveform[-1]) == (-1, 1)
    assert (np.diff(waveform) > 0).all()
    np.testing.assert_allclose(waveform, -waveform[::-1], atol=1e-7)


@pytest.mark.parametrize(
    ("sample", "wanted"), [(0.0, 128), (1.0, 255), (-1.0, 0), (7.0, 255), (-7.0, 0), (-0.0, 128)]
)
def test_known_levels_of_256(sample, wanted):
    assert float(audio.waveform_to_levels(np.float32([sample]))[0]) == wanted


def test_levels_near_silence_are_finer():
    steps = np.diff(audio.levels_to_waveform(np.arange(256)))
    assert steps[127] < steps[192] < steps[254]
    assert steps[254] / steps[128] > 50


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (1, 2, 3)])
def test_shapes_are_kept(shape):
    assert tuple(audio.waveform_to_levels(np.zeros(shape, "float32")).shape) == shape
    assert audio.levels_to_waveform(np.zeros(shape, "int64")).shape == shape


def test_the_gradient_is_that_of_the_curve():
    import tensorflow as tf

    waveform = tf.constant([-0.5, 0.0, 0.001, 0.25])
    with tf.GradientTape() as tape:
        tape.watch(waveform)
        total = ops.sum(audio.waveform_to_levels(waveform))
    wanted = 255 / 2 * 255 / (np.log(256) * (1 + 255 * np.abs(waveform)))
    np.testing.assert_allclose(tape.gradient(total, waveform), wanted, rtol=1e-4)
