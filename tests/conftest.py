"""Shared fixtures: paths, sounds with known answers, a small network; and the slow tests' names."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_SOUNDDREAM_OFFLINE"] = "1"  # no test reaches beyond this machine

import numpy as np
import pytest
from places import shared_data
from tiers import SLOW, TESTS

RATE = 24000


def pytest_collection_modifyitems(items):
    for item in items:
        name = item.path.relative_to(TESTS).as_posix() if TESTS in item.path.parents else ""
        if any(name == slow or name.startswith(f"{slow}/") for slow in SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def quick_bfloat16(monkeypatch):
    """bfloat16 counts as quicker than float32 on any processor, and nothing is kept of it."""
    from keras_sounddream import processor

    monkeypatch.setattr(processor, "bfloat16_ratio", lambda: 0.5)


@pytest.fixture
def esc10():
    return shared_data("esc10")


@pytest.fixture
def media():
    return shared_data("media")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def chirp():
    """A second of a rising tone with a little noise: float32 `(1, 24000)`."""
    time = np.arange(RATE) / RATE
    tone = 0.3 * np.sin(2 * np.pi * (300 + 900 * time) * time)
    noise = np.random.default_rng(1).normal(0, 0.01, RATE)
    return (tone + noise).astype("float32")[None]


@pytest.fixture(scope="session")
def small_model():
    """A random convolutional network on waveforms that is quick to dream on."""
    import keras

    from keras_sounddream.audio import Analysis, LogMelSpectrogram

    keras.utils.set_random_seed(0)
    analysis = Analysis(sample_rate=RATE, step_seconds=0.02, num_mel_bins=32)
    inputs = keras.Input((None,), name="waveform")
    x = LogMelSpectrogram(analysis, name="front_end")(inputs)
    x = keras.layers.Reshape((-1, 32, 1))(x)
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="conv1")(x)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="conv2")(x)
    return keras.Model(inputs, x, name="small")
