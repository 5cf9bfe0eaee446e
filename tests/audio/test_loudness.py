"""Levels."""

import numpy as np
import pytest

from keras_sounddream.audio import hold_level, rms


def test_each_clip_has_its_own_level(rng):
    waveform = rng.normal(0, 0.1, (3, 1000)).astype("float32")
    levels = np.array([[0.01], [0.1], [0.2]], "float32")
    np.testing.assert_allclose(rms(hold_level(waveform, levels)), levels, rtol=1e-3)


def test_silence_stays_silent():
    assert not np.any(hold_level(np.zeros((1, 100), "float32"), np.array([[0.0]], "float32")))


@pytest.mark.parametrize("amplitude", [1.0, 0.1])
def test_rms_of_a_sine(amplitude):
    sine = amplitude * np.sin(np.linspace(0, 200 * np.pi, 10001)[:-1])
    assert float(rms(sine.astype("float32")[None])[0, 0]) == pytest.approx(amplitude / 2**0.5, 1e-4)
