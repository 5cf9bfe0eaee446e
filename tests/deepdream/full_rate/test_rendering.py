"""Renderings of a dream: regions, their edges, and mistakes."""

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.deepdream.full_rate.rendering import Rendering

RATE = 1000


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate": 0}, "`rate` must be an int from 100 to 1536000, or None"),
        ({"rate": 44100.5}, "`rate` must be an int"),
        ({"mono": 1}, "`mono` must be True or False"),
        ({"mix": -0.1}, "`mix` must be at least 0 and at most 1"),
        ({"mix": float("nan")}, "`mix` must be"),
        ({"start": -1}, "`start` must be finite and at least 0"),
        ({"end": 0}, "`end` must be finite and above 0"),
        ({"start": 2, "end": 2}, "ends after it begins. Received: from 2 to 2 s"),
        ({"band": 400}, "`band` must be a pair of numbers"),
        ({"band": (4000, 200)}, "from a lower to a higher frequency. Received: 4000 to 200 Hz"),
    ],
)
def test_what_cannot_be_is_named(settings, message):
    with pytest.raises(InputError, match=message):
        Rendering(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"start": 2}, "begins in the sound, which lasts 2.00 s. Received: from 2 s"),
        ({"band": (500, 600)}, "a band below 500 Hz, half the file's rate. Received: 500 to 600"),
    ],
)
def test_a_region_beyond_the_sound_is_named(settings, message):
    with pytest.raises(InputError, match=message):
        Rendering(**settings).check_fits(2.0, RATE)


@pytest.mark.parametrize(
    ("settings", "bounds"),
    [
        ({}, (0, 3000)),
        ({"start": 1}, (1000, 3000)),
        ({"end": 2}, (0, 2000)),
        ({"start": 1, "end": 20}, (1000, 3000)),
        ({"start": 2.9999}, (2999, 3000)),
        ({"start": 1, "end": 1.0001}, (1000, 1001)),
    ],
)
def test_bounds_are_samples_of_the_sound(settings, bounds):
    assert Rendering(**settings).bounds(3000, RATE) == bounds


def test_the_dream_fades_within_its_region():
    rendering = Rendering(start=1, end=2, mix=0.5)
    share = rendering.share(np.arange(3000), (1000, 2000), RATE)
    assert not share[:1000].any()
    assert not share[2000:].any()
    np.testing.assert_array_equal(share[1050:1950], 0.5)
    assert (np.diff(share[990:1050]) >= 0).all()
    assert np.abs(np.diff(share)).max() < 0.02
    np.testing.assert_allclose(share[1000:2000], share[1999:999:-1], atol=1e-6)


def test_where_a_sound_begins_and_ends_nothing_fades():
    np.testing.assert_array_equal(Rendering().share(np.arange(100), (0, 100), RATE), 1)
    np.testing.assert_array_equal(Rendering(start=0).share(np.arange(100), (0, 100), RATE), 1)


def test_a_change_stays_within_its_band_and_phase():
    time = np.arange(2 * 48000) / 48000
    tones = {hz: np.sin(2 * np.pi * hz * time) for hz in (100, 1000, 6000)}
    change = np.stack([sum(tones.values()), -sum(tones.values())]).astype("float32")
    found = Rendering(band=(200, 4000)).filtered(change, 48000)
    middle = slice(12000, -12000)
    np.testing.assert_allclose(found[0, middle], tones[1000][middle], atol=1e-3)
    np.testing.assert_array_equal(found[1], -found[0])
    assert found.dtype == np.float32


@pytest.mark.parametrize("band", [(0, 24000), (0, 30000)])
def test_a_band_of_all_frequencies_takes_nothing_below_its_edge(band, rng):
    change = rng.normal(0, 0.1, (1, 48000))
    found = Rendering(band=band).filtered(change.astype("float32"), 48000)
    low = np.abs(np.fft.rfft(found - change))[0, :20000]
    assert low.max() < 1e-3 * np.abs(np.fft.rfft(change)).max()


def test_figures_are_for_json():
    figures = Rendering(start=1, band=[200, 4000]).figures()
    assert figures == {"mix": 1.0, "from": 1, "to": None, "band": [200, 4000]}
