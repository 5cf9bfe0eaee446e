"""Resampling in a graph, against tones in closed form and against soxr."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream.audio.io import resample as by_soxr
from keras_sounddream.export.saved_model.resampling import is_usual, resample

RATES = [8000, 11025, 22050, 24000, 32000, 44100, 48000, 96000, 192000]


def tones(rate, seconds=1.0):
    time = np.arange(round(rate * seconds)) / rate
    sound = 0.3 * np.sin(2 * np.pi * 440 * time) + 0.2 * np.sin(2 * np.pi * 2900 * time)
    return sound.astype("float32")[None]


def to(rate):
    specs = [tf.TensorSpec((1, None), tf.float32), tf.TensorSpec((), tf.int32)]
    return tf.function(
        lambda waveform, from_rate: resample(waveform, from_rate, rate),
        input_signature=specs,
        autograph=False,
    )


@pytest.mark.parametrize("to_rate", [16000, 24000])
def test_tones_stay_what_they_are_at_every_usual_rate(to_rate):
    function, inner = to(to_rate), slice(to_rate // 20, -to_rate // 20)
    for rate in RATES:
        found = function(tones(rate), rate).numpy()
        assert found.shape == tones(to_rate).shape
        np.testing.assert_allclose(found[0, inner], tones(to_rate)[0, inner], atol=2e-6)


def test_what_the_lower_rate_cannot_hold_is_gone():
    time = np.arange(24000) / 48000
    high = np.sin(2 * np.pi * 13000 * time).astype("float32")[None]
    assert np.abs(to(24000)(high, 48000))[0, 500:-500].max() < 1e-5


@pytest.mark.parametrize("samples", [1, 2, 3, 147, 148, 4411])
def test_lengths_are_soxrs(samples):
    sound = np.ones((1, samples), "float32")
    wanted = by_soxr(sound, 44100, 24000)
    assert to(24000)(sound, 44100).shape == wanted.shape


def test_the_own_rate_changes_nothing(rng):
    sound = rng.normal(size=(1, 777)).astype("float32")
    np.testing.assert_array_equal(to(24000)(sound, 24000), sound)


@pytest.mark.parametrize(
    ("rate", "usual"), [(44100, True), (24000, True), (11025, True), (44101, False), (1001, False)]
)
def test_rates_without_a_common_divisor_are_known_before(rate, usual):
    assert bool(is_usual(tf.constant(rate), 24000)) is usual
