"""Beginnings of an ascent: how loud their noise is, and that the seed alone decides it."""

import numpy as np
import pytest

from keras_sounddream.deepdream.params.beginnings import beginning
from keras_sounddream.deepdream.settings import Settings

SOUNDS = np.stack([np.sin(np.arange(8000) / 9), 0.01 * np.sin(np.arange(8000) / 5)])
PICTURE = np.full((1, 30, 30, 3), 200.0, "float32")


def begun(source, name, seed=3):
    settings = Settings(begin_with=name, seed=seed)
    return np.asarray(beginning(np.asarray(source, "float32"), settings))


def test_it_is_the_source_by_default():
    np.testing.assert_array_equal(begun(SOUNDS, "source"), SOUNDS.astype("float32"))


@pytest.mark.parametrize(("name", "share"), [("noise", 1.0), ("source_and_noise", 0.1)])
def test_noise_is_as_loud_as_each_sound_or_20_db_below(name, share):
    source = SOUNDS if name == "source_and_noise" else 0
    noise = begun(SOUNDS, name) - source
    size = np.sqrt(np.mean(noise**2, axis=1)) / np.sqrt(np.mean(SOUNDS**2, axis=1))
    np.testing.assert_allclose(size, share, rtol=1e-3)
    assert abs(np.corrcoef(noise[0, 1:], noise[0, :-1])[0, 1]) < 0.05  # white


def test_noise_of_pictures_is_grey_and_beside_them_about_their_own_brightness():
    grey = begun(PICTURE, "noise")
    assert 127 < grey.min() < 130 < 150 < grey.max() < 153.1
    both = begun(PICTURE, "source_and_noise")
    assert 198.5 < both.min() < both.max() < 201.5
    assert abs(both.mean() - 200) < 0.1


def test_the_seed_alone_decides():
    np.testing.assert_array_equal(begun(SOUNDS, "noise"), begun(SOUNDS, "noise"))
    assert (begun(SOUNDS, "noise") != begun(SOUNDS, "noise", seed=4)).any()
