"""Octaves: the grids, and what they leave of a spectrogram."""

import numpy as np
import pytest

from keras_sounddream.deepdream.params.spectrogram import coarsen
from keras_sounddream.deepdream.settings import Settings


def test_factors_go_from_coarse_to_the_spectrogram_itself():
    grids = Settings(octaves=3, time_factor=2.0, frequency_factor=1.5).grids
    assert grids.tolist() == [[4.0, 2.25], [2.0, 1.5], [1.0, 1.0]]


def test_the_finest_grid_changes_nothing(rng):
    spectrogram = rng.normal(size=(2, 30, 20)).astype("float32")
    np.testing.assert_array_equal(coarsen(spectrogram, 1.0, 1.0), spectrogram)


def test_a_constant_stays_and_noise_is_smoothed(rng):
    ones = np.ones((1, 31, 21), "float32")
    np.testing.assert_allclose(coarsen(ones, 3.0, 2.0), ones, rtol=1e-5)
    noise = rng.normal(size=(1, 64, 64)).astype("float32")
    coarse = coarsen(noise, 4.0, 4.0).numpy()
    assert coarse.std() < 0.4 * noise.std()
    assert coarse.mean() == pytest.approx(noise.mean(), abs=0.05)


def test_time_and_frequency_have_their_own_factors():
    stripes = np.zeros((1, 40, 40), "float32")
    stripes[:, ::2] = 1  # changes along time only
    assert coarsen(stripes, 1.0, 8.0).numpy().std() == pytest.approx(0.5, abs=0.01)
    assert coarsen(stripes, 8.0, 1.0).numpy().std() < 0.1


def test_a_grid_coarser_than_the_sound_is_one_cell():
    spectrogram = np.arange(6, dtype="float32").reshape(1, 2, 3)
    np.testing.assert_allclose(coarsen(spectrogram, 100.0, 100.0), np.full((1, 2, 3), 2.5))
