"""Tests of `audio.preservation`."""

import numpy as np
import pytest

from keras_sounddream.audio.preservation import lost, similarity

RATE = 16000
TIME = np.arange(RATE) / RATE
NOISE = 0.1 * np.random.default_rng(0).normal(size=RATE)
TONES = sum(np.sin(2 * np.pi * hz * TIME) for hz in (400, 1600, 6400)) / 10


@pytest.mark.parametrize("sound", [NOISE, TONES, NOISE * np.linspace(0, 1, RATE)])
@pytest.mark.parametrize("level", [0.01, 1.0, 7.0])
def test_another_loudness_loses_nothing(sound, level):
    pair = sound[np.newaxis], level * sound[np.newaxis]
    assert lost(*pair, RATE) == 0
    np.testing.assert_allclose(similarity(*pair, RATE), 1, atol=1e-6)


def test_silenced_time_is_lost():
    half = np.where(TIME < 0.5, NOISE, 0)
    share = lost(NOISE[np.newaxis], half[np.newaxis], RATE)
    np.testing.assert_allclose(share, 0.5, atol=0.03)


@pytest.mark.parametrize(("fall_db", "share"), [(16, 0), (24, 0.5)])
def test_a_cell_is_lost_that_falls_by_more_than_20_db(fall_db, share):
    # the lower half of the spectrum falls; at equal loudness the other half rises by 3 dB at most
    spectrum = np.fft.rfft(NOISE)
    spectrum[: len(spectrum) // 2] *= 10 ** (-(fall_db + 3) / 20)
    changed = np.fft.irfft(spectrum, len(NOISE))
    np.testing.assert_allclose(lost(NOISE[np.newaxis], changed[np.newaxis], RATE), share, atol=0.05)


def test_what_is_far_below_the_loudest_cannot_be_lost():
    soft = np.where(TIME < 0.5, TONES, 1e-4 * NOISE)
    assert lost(soft[np.newaxis], np.where(TIME < 0.5, TONES, 0)[np.newaxis], RATE) < 0.05


def test_unrelated_sounds_are_not_similar():
    others = np.random.default_rng(1).normal(size=(1, RATE))
    assert abs(similarity(NOISE[np.newaxis], others, RATE)[0]) < 0.1


def test_batches_are_measured_row_by_row():
    batch = np.stack([NOISE, TONES])
    changed = np.stack([NOISE, np.where(TIME < 0.5, TONES, 0)])
    np.testing.assert_allclose(lost(batch, changed, RATE), [0, 0.5], atol=0.1)
    assert similarity(batch, changed, RATE)[0] > similarity(batch, changed, RATE)[1]


def test_silence_loses_nothing():
    silence = np.zeros((1, RATE))
    assert lost(silence, silence, RATE) == 0
    assert similarity(silence, silence, RATE) == 1
