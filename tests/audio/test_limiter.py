"""Tests of `audio.limiter`."""

import numpy as np
import pytest

from keras_sounddream.audio import rms
from keras_sounddream.audio.limiter import CEILING, at_level, limit_peaks

RATE = 24000
SECONDS = np.arange(2 * RATE) / RATE
NOISE = np.random.default_rng(0).normal(size=(2, RATE)).astype("float32")


def swelling(hz, peak):
    return (peak * np.sin(2 * np.pi * hz * SECONDS) * SECONDS / 2).astype("float32")[np.newaxis]


@pytest.mark.parametrize("rate", [100, 8000, 24000])
@pytest.mark.parametrize("level", [0.3, 1.0, 30.0])
def test_no_sample_exceeds_full_scale(level, rate):
    limited = np.asarray(limit_peaks(level * NOISE, rate))
    assert np.abs(limited).max() <= 1
    assert limited.shape == NOISE.shape
    assert limited.dtype == np.float32


def test_what_fits_is_unchanged():
    waveform = NOISE / np.abs(NOISE).max()
    np.testing.assert_array_equal(limit_peaks(waveform, RATE), waveform)


def test_each_row_has_its_own_gain_unless_they_are_channels():
    rows = np.concatenate([swelling(200, 2.0), swelling(200, 0.4)])
    own, linked = (np.asarray(limit_peaks(rows, RATE, linked)) for linked in (False, True))
    np.testing.assert_array_equal(own[1], rows[1])
    np.testing.assert_allclose(linked[1], 0.2 * linked[0], atol=1e-6)


def test_peaks_between_samples_are_turned_down():
    quarter = np.sin(np.pi * np.arange(2000) / 2 + np.pi / 4)  # its peaks lie between samples
    limited = np.asarray(limit_peaks((1.5 * quarter)[np.newaxis].astype("float32"), RATE))
    assert np.abs(limited).max() * np.sqrt(2) <= CEILING * 1.01


def test_nothing_is_added_far_from_the_sound():
    limited = np.asarray(limit_peaks(swelling(120, 2.5), RATE))[0]
    power = np.abs(np.fft.rfft(limited * np.hanning(len(limited)))) ** 2
    hz = np.fft.rfftfreq(len(limited), 1 / RATE)
    assert 10 * np.log10(power[hz > 3000].sum() / power.sum()) < -90


def test_the_gain_is_1_away_from_a_peak():
    waveform = 0.1 * np.ones((1, RATE), "float32")
    waveform[0, RATE // 2] = 3.0
    gain = np.asarray(limit_peaks(waveform, RATE)) / waveform
    np.testing.assert_array_equal(gain[0, : RATE // 2 - 200], 1)
    assert gain[0, RATE // 2 - 30] < 0.9


@pytest.mark.parametrize("level", [0.05, 0.3])
def test_a_level_is_held_and_no_peak_passes_1(level):
    held = np.asarray(at_level(NOISE, np.full((2, 1), level, "float32"), RATE))
    assert np.abs(held).max() <= 1
    np.testing.assert_allclose(20 * np.log10(rms(held) / level), 0, atol=0.1)


def test_channels_are_brought_to_one_level_together():
    channels = NOISE * np.float32([[1.0], [0.1]])
    held = np.asarray(at_level(channels, np.float32(0.2), RATE, linked=True))
    assert np.sqrt(np.mean(held**2)) == pytest.approx(0.2, 1e-2)
    np.testing.assert_allclose(held[1] * channels[0], held[0] * channels[1], atol=1e-5)
