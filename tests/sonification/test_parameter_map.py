"""Voices that activations drive, by what is heard in them."""

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.sonification.parameter_map import map_to_voices

RATE = 8000


def loudest_hz(waveform):
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    return np.argmax(spectrum) * RATE / len(waveform)


def test_a_voice_is_as_loud_as_its_filter_answers():
    planes = np.zeros((2, 40, 4))
    planes[0, :20], planes[1, 20:] = 1, 1
    made = map_to_voices(planes, RATE, 2.0, octaves=2)
    assert made.shape == (2, 16000)
    early, late = made[:, 1000:7000].std(axis=1), made[:, 9000:15000].std(axis=1)
    assert early[0] > 0.1 > 1e-6 > early[1]
    assert late[1] > 0.1 > 1e-6 > late[0]
    assert np.abs(made.sum(axis=0)).max() == pytest.approx(0.9)


def test_higher_bands_are_higher_notes():
    planes = np.zeros((2, 40, 8))
    planes[0, 5:35, 6], planes[1, 5:35, 1] = 1, 1
    high, low = map_to_voices(planes, RATE, 2.0, lowest_hz=200, octaves=2)
    assert loudest_hz(low) == pytest.approx(200, abs=2)
    assert loudest_hz(high) == pytest.approx(800, abs=2)


def test_a_voice_glides_as_the_bands_move():
    planes = np.full((1, 100, 2), 0.0)
    planes[0, :50, 0], planes[0, 50:, 1] = 1, 1
    (made,) = map_to_voices(planes + 0.0, RATE, 2.0, lowest_hz=400)
    early, late = loudest_hz(made[:7600]), loudest_hz(made[8400:])
    assert late / early == pytest.approx(2**0.5, rel=0.02)  # half the way is half an octave


def test_what_does_not_change_is_silent_and_the_liveliest_are_chosen(rng):
    planes = np.stack([np.ones((30, 5)), np.zeros((30, 5)), np.zeros((30, 5))])
    planes[2, 10:20] = 1
    assert not map_to_voices(planes[:2], RATE, 0.5).any()
    made = map_to_voices(planes, RATE, 0.5, voices=1)
    assert len(made) == 1
    assert made.any()


def test_no_partial_is_above_half_the_rate():
    made = map_to_voices(np.eye(10)[None], RATE, 2.0, lowest_hz=1500, octaves=0)[0]
    spectrum = np.abs(np.fft.rfft(made)) ** 2
    hz = np.arange(len(spectrum)) * RATE / len(made)
    assert spectrum[hz < 900].sum() < 1e-3 * spectrum.sum()  # nothing has come round


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"voices": 0}, "`voices` must be an int from 1 to 4096"),
        ({"voices": 2.5}, "`voices` must be an int"),
        ({"seconds": -1}, "`seconds` must be at least 0.01"),
        ({"lowest_hz": "a"}, "`lowest_hz` must be at least 10 and"),
        ({"octaves": 99}, "`octaves` must be at least 0 and at most 10"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        map_to_voices(np.eye(4)[None], RATE, **{"seconds": 1.0, **settings})
