"""Patches of spectrograms: levels, lengths, and the sounds that they make."""

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.audio import Analysis, SpectrogramPatches
from keras_sounddream.audio.spectral.mel import hz_to_mel

PATCHES = SpectrogramPatches()


def tone(hz, level=0.1):
    time = np.arange(PATCHES.num_samples) / PATCHES.sample_rate
    return (level * np.sin(2 * np.pi * hz * time)).astype("float32")[None]


def test_every_frame_reaches_into_the_sound():
    analysis = PATCHES.analysis
    assert PATCHES.num_samples == 61 * analysis.frame_step  # 64 frames, four steps long each
    assert PATCHES.to_patches(tone(500)).shape == (1, 64, 64, 1)


def test_a_tone_is_loudest_in_its_band_and_in_proportion():
    loud, soft = (PATCHES.to_patches(tone(1000, level))[0, 32, :, 0] for level in (0.5, 0.05))
    edges = np.linspace(*hz_to_mel([50, 12000], "htk"), 66)
    assert loud.argmax() == np.abs(edges[1:-1] - hz_to_mel(1000, "htk")).argmin()
    fall = (loud.max() - soft.max()) / 2 * (PATCHES.highest_db - PATCHES.lowest_db)
    assert fall == pytest.approx(20, abs=0.1)  # dB


def test_silence_is_the_lowest_level():
    assert (PATCHES.to_patches(np.zeros((1, PATCHES.num_samples), "float32")) == -1).all()


@pytest.mark.parametrize("hz", [200, 1000, 5000])
def test_a_tone_comes_back_at_its_pitch_and_level(hz):
    made = PATCHES.to_waveforms(PATCHES.to_patches(tone(hz)))[0]
    spectrum = np.abs(np.fft.rfft(made))
    peak = spectrum.argmax() * PATCHES.sample_rate / len(made)
    assert abs(hz_to_mel(peak, "htk") - hz_to_mel(hz, "htk")) < 60  # half a band, or so
    level = 20 * np.log10(np.sqrt(np.mean(made**2)) / np.sqrt(np.mean(tone(hz) ** 2)))
    assert abs(level) < 6


def test_more_rounds_go_better_with_the_patch():
    rng = np.random.default_rng(0)
    patch = PATCHES.to_patches(rng.normal(0, 0.1, (1, PATCHES.num_samples)).astype("float32"))

    def error(rounds):
        return np.abs(PATCHES.to_patches(PATCHES.to_waveforms(patch, rounds)) - patch).mean()

    assert error(30) < 0.7 * error(0)


def test_a_patch_and_seed_make_one_sound():
    patch = PATCHES.to_patches(tone(700))
    first, again, other = (PATCHES.to_waveforms(patch, 2, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"num_frames": 2}, "`num_frames` must be an int of at least 4"),
        ({"lowest_db": 3}, "`lowest_db` must be"),
        ({"highest_db": -90}, "`highest_db` must be above -90"),
        ({"analysis": Analysis(frame_seconds=0.025)}, "frames of whole steps"),
    ],
)
def test_settings_out_of_range(arguments, text):
    with pytest.raises(InputError, match=text):
        SpectrogramPatches(**arguments)


def test_sounds_of_another_length_are_refused():
    with pytest.raises(InputError, match=r"Expected waveforms \(batch, 23424\)"):
        PATCHES.to_patches(np.zeros((1, 100)))
