"""Receptive fields, against what a changed sample really changes."""

import math

import keras
import numpy as np
import pytest

from keras_sounddream import applications
from keras_sounddream.deepdream.network.receptive_field import receptive_fields

CONVOLUTIONS = {"dilated": {"dilation_rate": 3}, "strided": {"strides": 2}, "plain": {}}


def test_equals_the_reach_of_a_unit_impulse():
    inputs = x = keras.Input((None, 1))
    for name, settings in CONVOLUTIONS.items():
        x = keras.layers.Conv1D(
            1, 3, kernel_initializer="ones", padding="valid", name=name, **settings
        )(x)
    x = keras.layers.MaxPooling1D(2, name="pool")(x)
    model = keras.Model(inputs, x)
    field = receptive_fields(model)["pool"]
    sounds = np.zeros((200, 200, 1), "float32")
    sounds[np.arange(200), np.arange(200)] = 1
    middle = keras.ops.convert_to_numpy(model(sounds))[:, 20, 0]
    reached = np.flatnonzero(middle)
    assert reached.max() - reached.min() + 1 == field


def test_log_mel_cnn_in_samples():
    fields = receptive_fields(applications.LogMelCNN(weights=None))
    assert fields["front_end"] == 960
    assert fields["block1_conv1"] == 960 + 2 * 480
    assert fields["block1_conv2"] == 960 + 4 * 480
    assert fields["block2_conv1"] == 960 + (4 + 1 + 4) * 480
    assert fields["predictions"] == math.inf


def test_a_kind_that_is_not_known_is_said_to_be():
    inputs = keras.Input((None, 4))
    x = keras.layers.LSTM(3, return_sequences=True, name="lstm")(inputs)
    x = keras.layers.Activation("relu", name="after")(x)
    fields = receptive_fields(keras.Model(inputs, x))
    assert fields["lstm"] is None
    assert fields["after"] is None


@pytest.mark.parametrize("name", ["mean_pool", "max_pool", "pooled"])
def test_global_pools_hear_the_whole_sound(name):
    assert receptive_fields(applications.LogMelCNN(weights=None))[name] == math.inf
