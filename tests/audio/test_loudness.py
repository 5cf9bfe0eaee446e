"""Level and peak guard."""

import numpy as np
import pytest

from keras_sounddream.audio import hold_level, rms
from keras_sounddream.audio.loudness import guard_peaks


def test_level_is_held_and_no_peak_passes_one(rng):
    waveform = rng.normal(0, 1, (2, 24000)).astype("float32")
    for level in (0.05, 0.3):
        held = np.asarray(hold_level(waveform, np.full((2, 1), level, "float32"), rounds=4))
        assert np.abs(held).max() <= 1
        np.testing.assert_allclose(20 * np.log10(rms(held) / level), 0, atol=0.1)


def test_guard_leaves_what_is_below_the_knee_and_bends_the_rest():
    waveform = np.linspace(-3, 3, 601, dtype="float32")[None]
    guarded = np.asarray(guard_peaks(waveform))
    small = np.abs(waveform) < 0.895
    np.testing.assert_array_equal(guarded[small], waveform[small])
    assert np.abs(guarded).max() <= 1
    assert (np.diff(guarded[0]) > -1e-6).all()


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
