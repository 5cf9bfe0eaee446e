"""The picture of a dream."""

import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.reports.dream import plot


@pytest.fixture
def result(small_model, chirp):
    return DeepDream(small_model, objectives.layer("conv2"), octaves=1, steps=2).run(chirp)


@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_draws_seconds_hertz_and_decibels(result, tmp_path, suffix, magic):
    plot(result, tmp_path / f"dream.{suffix}")
    drawn = (tmp_path / f"dream.{suffix}").read_bytes()
    assert drawn.startswith(magic)
    assert len(drawn) > 10_000


def test_a_sine_of_full_scale_is_zero_decibels(small_model):
    sine = np.sin(2 * np.pi * 1000 * np.arange(24000) / 24000)
    dream = DeepDream(small_model, objectives.layer("conv2"), octaves=1, steps=1)
    levels = dream.run(sine).spectrogram_before[0]
    assert levels[10, 40] == pytest.approx(0, abs=0.1)  # 40 bins of 25 Hz


def test_bad_paths_are_named(result, tmp_path):
    (tmp_path / "mine.png").write_bytes(b"mine")
    cases = (("dream.txt", "Expected a picture"), ("mine.png", "exists"), ("no/a.png", "not exist"))
    for name, message in cases:
        with pytest.raises(InputError, match=message):
            plot(result, tmp_path / name)
    assert (tmp_path / "mine.png").read_bytes() == b"mine"
