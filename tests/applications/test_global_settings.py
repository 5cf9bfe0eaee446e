"""Constructors under Keras's global settings: data format and float type."""

import functools

import keras
import numpy as np
import pytest
from conformance.models import MODELS

from keras_sounddream import applications, generation

CASES = {row.constructor.__name__: row for row in MODELS}
# Largest difference of a score beside float32, relative to the largest; of half precisions, only
# that the numbers are finite is held to.
SETTINGS = {
    "channels_first": (("image_data_format", "channels_first"), 1e-6),
    "float64": (("floatx", "float64"), 1e-3),
    "float16": (("floatx", "float16"), np.inf),
    "bfloat16": (("floatx", "bfloat16"), np.inf),
}


@pytest.fixture
def change():
    """A function that changes a setting, for this test alone."""
    before = keras.config.floatx(), keras.config.image_data_format(), keras.config.dtype_policy()

    def change(name, value):
        getattr(keras.config, f"set_{name}")(value)

    yield change
    keras.config.set_floatx(before[0])
    keras.config.set_image_data_format(before[1])
    keras.config.set_dtype_policy(before[2])


def scores(model, example):
    outputs = keras.tree.flatten(model(example, training=False))
    return [np.asarray(keras.ops.cast(output, "float32"), "float64") for output in outputs]


@functools.cache
def plain(name, top):
    """Weights and scores of a network that is built under the settings that Keras begins with."""
    model = CASES[name].constructor(weights=None, include_top=top)
    return model.get_weights(), scores(model, CASES[name].example())


@pytest.mark.parametrize(
    ("setting", "top"), [*((setting, True) for setting in SETTINGS), ("channels_first", False)]
)
@pytest.mark.parametrize("name", CASES)
def test_every_constructor_builds_the_same_network(name, setting, top, change):
    row, (weights, expected) = CASES[name], plain(name, top)
    (kind, value), tolerance = SETTINGS[setting]
    change(kind, value)
    model = row.constructor(weights=None, include_top=top)
    assert [tuple(w.shape) for w in model.weights] == [w.shape for w in weights]
    model.set_weights(weights)
    for found, wanted in zip(scores(model, row.example()), expected, strict=True):
        assert found.shape == wanted.shape
        assert np.isfinite(found).all()
        assert np.abs(found - wanted).max() <= tolerance * max(np.abs(wanted).max(), 1e-9)


@pytest.mark.parametrize("name", ["LogMelCNN", "UrbanSoundCNN"])
@pytest.mark.parametrize("setting", ["channels_first", "float64"])
def test_weights_that_ship_give_the_same_scores(name, setting, change):
    row = CASES[name]
    expected = scores(row.constructor(), row.example())
    (kind, value), tolerance = SETTINGS[setting]
    change(kind, value)
    np.testing.assert_allclose(scores(row.constructor(), row.example()), expected, atol=tolerance)


def test_pooled_features_of_pictures_are_of_channels(change):
    change("image_data_format", "channels_first")
    model = applications.SqueezeNet(False, None, pooling="avg")
    assert model.predict(np.zeros((1, 96, 80, 3), "float32"), verbose=0).shape == (1, 512)


def test_a_model_built_before_works_under_another_data_format(change):
    model, example = applications.SqueezeNet(weights=None), CASES["SqueezeNet"].example()
    expected = np.asarray(model(example))
    change("image_data_format", "channels_first")
    np.testing.assert_array_equal(np.asarray(model(example)), expected)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_wavenet_generates(setting, change):
    change(*SETTINGS[setting][0])
    model = CASES["WaveNet"].constructor(weights=None)
    waveform = np.asarray(generation.generate(model, 0.01, seed=0))
    assert np.isfinite(waveform).all()
    assert np.abs(waveform).max() <= 1
