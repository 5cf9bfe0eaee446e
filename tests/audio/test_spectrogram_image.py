"""Levels in dB, and their colours."""

import io

import numpy as np
import pytest
from PIL import Image

from keras_sounddream.audio import spectrogram_image

RATE = 24000


@pytest.mark.parametrize("hertz", [1000, 5000])
def test_a_sine_of_full_scale_is_zero_decibels_at_its_frequency(hertz):
    sine = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)
    levels = spectrogram_image.levels_db(sine, RATE)
    assert levels.shape == (49, 300)  # frames of 40 ms, every 20 ms
    assert levels.max() == pytest.approx(0, abs=0.05)
    bins = levels.shape[1]
    assert levels[20].argmax() == pytest.approx(hertz / (RATE / 2) * bins, abs=1)


def test_levels_are_those_of_scipy(chirp):
    from scipy import signal

    window = signal.get_window("hann", 960)
    transform = signal.ShortTimeFFT(window, 480, RATE, fft_mode="onesided")
    expected = np.abs(transform.stft(chirp[0], p0=1, p1=50, padding="zeros").T) / 240
    levels = spectrogram_image.levels_db(chirp[0], RATE, most_bins=481)
    loud = expected[:49] > 1e-3
    assert np.abs(levels - 20 * np.log10(expected[:49] + 1e-7))[loud].max() < 0.01


def test_a_click_is_not_lost_where_neighbours_are_joined():
    click = np.zeros(60 * RATE, "float32")
    click[30 * RATE + 7] = 1
    levels = spectrogram_image.levels_db(click, RATE, most_frames=100, most_bins=50)
    assert levels.shape == (100, 50)
    assert abs(levels.max(axis=1).argmax() - 50) <= 1


def test_silence_and_less_than_a_frame_are_drawn():
    assert spectrogram_image.levels_db(np.zeros(10), RATE).shape == (1, 300)
    assert np.isfinite(spectrogram_image.levels_db(np.zeros(10), RATE)).all()


def test_colours_go_from_dark_to_bright_with_high_frequencies_on_top():
    colours = spectrogram_image.to_colours(
        np.array([[-200.0, -80.0, -40.0, 0.0, 10.0]]), loudest=0.0
    )
    assert colours[:, 0].tolist() == [255, 255, 128, 0, 0]
    brightness = spectrogram_image.palette().astype(int).sum(axis=1)
    assert brightness[0] < 20
    assert brightness[255] > 600
    assert (np.diff(brightness) >= -1).all()


def test_pictures_are_read_back_as_they_were(rng):
    colours = rng.integers(0, 256, (20, 30), "uint8")
    read = Image.open(io.BytesIO(spectrogram_image.to_png(colours))).convert("RGB")
    assert (np.asarray(read) == spectrogram_image.palette()[colours]).all()
    pixels = rng.uniform(-20, 280, (20, 30, 3))
    read = Image.open(io.BytesIO(spectrogram_image.to_png(pixels)))
    assert np.abs(np.asarray(read) - np.clip(pixels, 0, 255)).max() <= 0.5


@pytest.mark.parametrize("highest", [0.04, 0.9, 1.0, 2.9, 7.5, 300.0, 4000.0, 12000.0, 22050.0])
def test_ticks_are_round_and_end_in_time(highest):
    ticks = spectrogram_image.ticks(highest)
    assert 2 <= len(ticks) <= 7
    assert ticks[0] == 0
    assert highest / 2 < ticks[-1] <= highest
    assert np.allclose(np.diff(ticks), ticks[1])
    assert f"{ticks[1]:.0e}"[0] in "125"


@pytest.mark.parametrize(
    ("highest", "most", "wanted"),
    [
        (1.0, 6, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (12000, 6, [0, 5000, 10000]),
        (0.9, 6, [0, 0.2, 0.4, 0.6, 0.8]),
        (10, 3, [0, 5, 10]),
        (7, 10, [0, 1, 2, 3, 4, 5, 6, 7]),
        (3, 1, [0]),
    ],
)
def test_known_ticks(highest, most, wanted):
    assert spectrogram_image.ticks(highest, most) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0.4, 0.6, 254.6], [0, 1, 255]),
        ([-5, 300, 128], [0, 255, 128]),
        ([0.5, 1.5, 2.5], [0, 2, 2]),
    ],
)
def test_pixels_are_rounded_into_a_byte(values, wanted):
    pixels = spectrogram_image.to_bytes(np.array(values).reshape(1, 1, 3))
    assert (pixels.dtype, pixels.shape) == ("uint8", (1, 1, 3))
    assert pixels.ravel().tolist() == wanted


@pytest.mark.parametrize(
    ("seconds", "most_frames", "most_bins", "shape"),
    [
        (1.0, 1000, 300, (49, 300)),
        (1.0, 10, 300, (10, 300)),
        (1.0, 1000, 1000, (49, 481)),
        (1.0, 1, 1, (1, 1)),
        (0.04, 1000, 7, (1, 7)),
    ],
)
def test_there_are_no_more_frames_and_bins_than_asked_for(seconds, most_frames, most_bins, shape):
    levels = spectrogram_image.levels_db(
        np.ones(round(seconds * RATE)), RATE, most_frames, most_bins
    )
    assert (levels.shape, levels.dtype) == (shape, "float32")


@pytest.mark.parametrize("gain", [0.5, 0.1, 0.001])
def test_levels_follow_the_gain(gain, chirp):
    loud, quiet = (spectrogram_image.levels_db(g * chirp[0], RATE).max() for g in (1, gain))
    assert quiet - loud == pytest.approx(20 * np.log10(gain), abs=0.01)


@pytest.mark.parametrize(
    ("level", "row"), [(0, 255), (-80, 0), (-81, 0), (9, 255), (-16, 204), (-40, 128)]
)
def test_colours_span_eighty_decibels(level, row):
    levels = np.full((2, 3), level, "float32")
    colours = spectrogram_image.to_colours(levels, loudest=0.0)
    assert (colours.shape, colours.dtype) == ((3, 2), "uint8")
    assert set(colours.ravel().tolist()) == {row}
    np.testing.assert_array_equal(spectrogram_image.to_colours(levels + 7, loudest=7.0), colours)
