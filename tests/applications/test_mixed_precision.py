"""Models built under a policy of mixed precision: finite scores, near those of float32."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications
from keras_sounddream.applications.urban_sound_cnn.power_spectrogram import SparsePowerSpectrogram
from keras_sounddream.audio import Analysis, LogMelSpectrogram

MODELS = {  # constructor, and seconds of sound
    "LogMelCNN": (lambda: applications.LogMelCNN(weights="esc10"), 0.5),
    "EfficientAT": (lambda: applications.EfficientAT("mn04", weights=None), 0.5),
    "UrbanSoundCNN": (lambda: applications.UrbanSoundCNN(weights=None), 0.5),
    "YAMNet": (lambda: applications.YAMNet(weights=None), 1),
    "SoundNet8": (lambda: applications.SoundNet8(weights=None, classes=10), 6),
    "WaveNet": (
        lambda: applications.WaveNet(
            dilations=(1, 2, 4), residual_channels=8, dilation_channels=8, skip_channels=16
        ),
        0.1,
    ),
}
POLICIES = {"mixed_float16": 0.01, "mixed_bfloat16": 0.06}  # and the largest error of a score


@pytest.fixture
def policy(request):
    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(0)
    yield request.param
    keras.config.set_dtype_policy(before)


def sounds(rate, seconds):
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(0).normal(0, 0.1, time.size)
    square = np.sign(np.sin(2 * np.pi * 100.3 * time))  # at full scale
    made = np.stack([noise, square, np.zeros(time.size), noise / 1000, np.ones(time.size)])
    return made.astype("float32")


def each(scores):
    return scores if isinstance(scores, dict) else {"": scores}


def check(build, inputs, policy):
    whole = build()
    keras.config.set_dtype_policy(policy)
    mixed = build()
    mixed.set_weights(whole.get_weights())
    wanted = each(whole(inputs))
    for name, scores in each(mixed(inputs)).items():
        assert keras.backend.standardize_dtype(scores.dtype) == "float32"
        np.testing.assert_allclose(scores, wanted[name], atol=POLICIES[policy], rtol=0.05)


@pytest.mark.parametrize("policy", POLICIES, indirect=True)
@pytest.mark.parametrize("name", MODELS)
def test_scores_are_finite_and_near_those_of_float32(name, policy):
    build, seconds = MODELS[name]
    rate = build().sample_rate
    check(build, sounds(rate, seconds), policy)


@pytest.mark.parametrize("policy", POLICIES, indirect=True)
def test_pictures_are_scored_as_in_float32(policy, rng):
    pictures = rng.uniform(-120, 150, (2, 64, 64, 3)).astype("float32")
    check(lambda: applications.SqueezeNet(weights=None, input_shape=(64, 64, 3)), pictures, policy)


@pytest.mark.parametrize("policy", POLICIES, indirect=True)
@pytest.mark.parametrize(
    "make", [SparsePowerSpectrogram, lambda: LogMelSpectrogram(Analysis(sample_rate=8000))]
)
def test_front_ends_compute_in_float32(make, policy):
    waveforms, whole = sounds(8000, 4), make()
    keras.config.set_dtype_policy(policy)
    np.testing.assert_array_equal(make()(waveforms), whole(waveforms))


@pytest.mark.parametrize("policy", ["mixed_float16"], indirect=True)
def test_numbers_beyond_float16_are_refused(policy):
    keras.config.set_dtype_policy(policy)
    with pytest.raises(InputError, match="numbers up to 1e9, beyond float16"):
        applications.UrbanSoundCNN(weights=None, front_end="legacy", legacy_normalization=True)
