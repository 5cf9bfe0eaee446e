"""A dream in every channel, at the sound's own rate: the mono mix is the dream."""

import numpy as np
import pytest

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.edges import fade_edges
from keras_sounddream.audio.io import resample
from keras_sounddream.audio.spectral.stft import istft, stft
from keras_sounddream.deepdream.full_rate.gains import at_rate
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.full_rate.transfer import apply, find_change, limited, render

ANALYSES = {
    24000: Analysis(sample_rate=24000, step_seconds=0.02),
    22050: Analysis(sample_rate=22050),
    16000: Analysis(sample_rate=16000, frame_seconds=0.025, fft_length=512),
}
LAYOUTS = {
    "mono": [[1.0]],
    "the left alone": [[1.0, 0.0]],
    "nearly in antiphase": [[1.0, -0.9], [0.3, 0.3]],
    "two apart": [[1.0, 0.2], [0.1, 0.9]],
    "six": [[1, 0.8, 0.5, 0, 0.2, 0.1], [0, 0.3, 0.6, 0.1, 0.9, 0.2], [0.1, 0, 0.2, 0, -0.3, 0.4]],
}


def sounds(layout, rate, seconds=1.0):
    """Noises that rise and fall, mixed into channels: float32 `(channels, samples)`."""
    rng = np.random.default_rng(0)
    time = np.arange(round(rate * seconds)) / rate
    gains = np.array(LAYOUTS[layout])
    rises = [1.1 + np.sin(2 * np.pi * (2 + n) * time) for n in range(len(gains))]
    parts = 0.05 * rng.normal(size=(len(gains), len(time))) * rises
    return (gains.T @ parts).astype("float32")


def masked(source, analysis, most_db=12.0):
    """A dream: patches of 4 frames and bins of a source under gains, at the source's level."""
    real, imaginary = (np.asarray(part) for part in stft(source, analysis, "fft"))
    shape = [-(-n // 4) for n in real.shape[1:]]
    patches = np.random.default_rng(1).uniform(-1, 1, shape).repeat(4, 0).repeat(4, 1)
    gains = 10 ** (most_db / 20 * patches[: real.shape[1], : real.shape[2]])
    dream = np.asarray(istft(real * gains, imaginary * gains, analysis, source.shape[1], "fft"))
    dream = source + np.asarray(fade_edges(dream - source, analysis))
    return dream * np.float32(np.linalg.norm(source) / np.linalg.norm(dream))


def heard(waveform, rate, analysis):
    return resample(waveform.mean(axis=0, keepdims=True), rate, analysis.sample_rate)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("rate", "network"), [(44100, 24000), (8000, 16000), (48000, 16000)])
def test_where_nothing_is_dreamed_every_channel_is_the_input_to_the_bit(layout, rate, network):
    original = sounds(layout, rate)
    source = heard(original, rate, ANALYSES[network])
    given = source, source, ANALYSES[network], original, rate
    np.testing.assert_array_equal(apply(*given), original)
    np.testing.assert_array_equal(render(*given, Rendering(mix=0.3)), original)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("network", ANALYSES)
@pytest.mark.parametrize("rate", [44100, 48000, 24000])
def test_the_mono_mix_is_the_dream_and_all_is_as_loud_as_before(layout, network, rate):
    analysis = ANALYSES[network]
    original = sounds(layout, rate)
    source = heard(original, rate, analysis)
    dream = masked(source, analysis)
    found = apply(source, dream, analysis, original, rate)
    assert found.shape == original.shape
    assert np.square(found).mean() == pytest.approx(np.square(original).mean(), rel=1e-4)
    again = heard(found, rate, analysis)
    factor = np.vdot(again, dream) / np.vdot(again, again)
    assert abs(20 * np.log10(factor)) < 3.5
    rest = np.square(factor * again - dream).mean() / np.square(dream).mean()
    assert 10 * np.log10(rest) < -26  # all of it where resamplers roll off


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_change_begins_and_ends_without_a_click(layout):
    """Above the network's band, too, where no dream in mono says how it begins."""
    analysis, original = ANALYSES[16000], sounds(layout, 48000)
    source = heard(original, 48000, analysis)
    change = find_change(source, masked(source, analysis), analysis, original, 48000)
    assert np.abs(change[:, [0, -1]]).max() < 1e-4 * np.abs(change).max()


def test_a_sound_at_the_networks_rate_and_in_mono_is_the_dream_itself():
    source = sounds("mono", 24000)
    dream = masked(source, ANALYSES[24000])
    assert apply(source, dream, ANALYSES[24000], source, 24000) is dream


@pytest.mark.parametrize("dreamed", ["gains", "other phases"])
def test_what_is_on_the_left_stays_on_the_left(dreamed):
    analysis, original = ANALYSES[24000], sounds("the left alone", 44100)
    source = heard(original, 44100, analysis)
    dream = masked(source, analysis)
    dream = dream if dreamed == "gains" else np.roll(dream, 100, axis=1)
    left, right = apply(source, dream, analysis, original, 44100)
    assert 10 * np.log10(np.square(right).mean() / np.square(left).mean()) < -25


def test_sides_get_the_gains_of_the_middle():
    """Middle and side are noises apart; the dream turns the middle's upper half down by 12 dB."""
    rate, analysis = 44100, ANALYSES[24000]
    middle, side = sounds("two apart", rate, 3.0)
    original = np.stack([middle + side, middle - side])
    source = heard(original, rate, analysis)
    real, imaginary = (np.asarray(part) for part in stft(source, analysis, "fft"))
    gains = np.where(np.arange(real.shape[2]) * analysis.bin_hz < 3000, 1.0, 0.25)
    dream = istft(real * gains, imaginary * gains, analysis, source.shape[1], "fft")
    found = apply(source, np.asarray(dream), analysis, original, rate)
    powers = [np.abs(np.fft.rfft(x[0] - x[1])) ** 2 for x in (original, found)]
    hertz = np.fft.rfftfreq(original.shape[1], 1 / rate)
    bands = [(hertz >= low) & (hertz < low + 2000) for low in (500, 4000, 9000, 13000)]
    change = [10 * np.log10(powers[1][band].sum() / powers[0][band].sum()) for band in bands]
    np.testing.assert_allclose(np.diff(change), [-12, 0, 0], atol=1.0)


def test_what_cancels_in_mono_is_not_raised_with_what_does_not():
    """A faint sound in the middle is raised by 30 dB; one 40 dB above it is at the sides alone."""
    analysis, time = ANALYSES[24000], np.arange(44100) / 44100
    middle = 0.001 * np.sin(2 * np.pi * 1000 * time)
    side = 0.1 * np.sin(2 * np.pi * 1000 * time + 1) * (1 + np.sin(20 * time)) / 2
    original = np.stack([middle + side, middle - side]).astype("float32")
    source = heard(original, 44100, analysis)
    left, right = apply(source, np.float32(30) * source, analysis, original, 44100)
    powers = [np.square(part).mean() for part in ((left - right) / 2, (left + right) / 2)]
    changes = [
        10 * np.log10(p / np.square(x).mean()) for p, x in zip(powers, (side, middle), strict=True)
    ]
    assert abs(changes[0]) < 1
    assert changes[1] > 25


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_mixture_is_a_mixture(share):
    analysis, original = ANALYSES[24000], sounds("two apart", 44100)
    source = heard(original, 44100, analysis)
    given = source, masked(source, analysis), analysis, original, 44100
    wet = render(*given, Rendering())
    mixed = render(*given, Rendering(mix=share))
    np.testing.assert_allclose(mixed, share * wet + (1 - share) * original, atol=1e-6)


def test_outside_of_a_band_nothing_changes():
    analysis, original = ANALYSES[24000], sounds("two apart", 44100)
    source = heard(original, 44100, analysis)
    dream = masked(source, analysis)
    found = render(source, dream, analysis, original, 44100, Rendering(band=(500, 2000)))
    change = np.abs(np.fft.rfft(found - original, axis=1)) ** 2
    hertz = np.fft.rfftfreq(original.shape[1], 1 / 44100)
    outside = change[:, (hertz < 480) | (hertz > 2100)].sum()
    assert 10 * np.log10(outside / change.sum()) < -45
    assert change.sum() > 0


def test_peaks_of_all_channels_are_turned_down_under_one_gain():
    original = np.stack([2.0 * np.sin(np.arange(9000) / 9), 0.5 * np.sin(np.arange(9000) / 7)])
    found = limited(original.astype("float32"), 44100)
    assert np.abs(found).max() <= 1
    loud = (np.abs(original) > 0.1).all(axis=0)
    gains = found[:, loud] / original[:, loud]
    np.testing.assert_allclose(*gains, rtol=1e-3)


@pytest.mark.parametrize("rate", [100, 8000, 11025, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("network", ANALYSES)
def test_frames_and_bins_are_as_long_and_as_wide_at_any_rate(rate, network):
    analysis, found = ANALYSES[network], at_rate(ANALYSES[network], rate)
    if rate > 1000:
        assert found.frame_seconds == pytest.approx(analysis.frame_seconds, rel=0.01)
        assert found.step_seconds == pytest.approx(analysis.step_seconds, rel=0.01)
        assert found.bin_hz == pytest.approx(analysis.bin_hz, rel=0.05)
    waveform = np.random.default_rng(0).normal(size=(1, 5000)).astype("float32")
    back = istft(*stft(waveform, found, "fft"), found, 5000, "fft")
    np.testing.assert_allclose(back, waveform, atol=1e-4)


def test_the_edge_of_what_the_network_hears_does_not_show():
    """Bands of a sixth of an octave either side of it change by the same."""
    rate, analysis = 48000, ANALYSES[16000]
    original = sounds("mono", rate, 3.0)
    source = heard(original, rate, analysis)
    dream = np.concatenate([0.25 * source[:, :24000], 2 * source[:, 24000:]], axis=1)
    found = apply(source, dream, analysis, original, rate)
    hertz = np.fft.rfftfreq(60000, 1 / rate)
    for half in (slice(0, 60000), slice(84000, 144000)):
        levels = []
        for sound in (original, found):
            power = np.abs(np.fft.rfft(sound[0, half])) ** 2
            bands = [(hertz >= low) & (hertz < low * 2 ** (1 / 6)) for low in (7127, 8000, 16000)]
            levels.append(10 * np.log10([power[band].sum() for band in bands]))
        np.testing.assert_allclose(np.diff(levels[1] - levels[0]), 0, atol=0.5)
