"""Grouped convolutions, computed group by group: Keras's numbers, with oneDNN and without."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_sounddream.deepdream.network.grouped_convolutions import (
    Conv1DByGroup,
    Conv2DByGroup,
    clone_class,
)

SETTINGS = [
    {"kernel_size": 3, "padding": "same"},
    {"kernel_size": 3, "strides": 2, "activation": "relu"},
    {"kernel_size": 2, "dilation_rate": 2, "use_bias": False},
    {"kernel_size": 1, "activation": "sigmoid"},
]
CASES = [
    *[(layers.Conv1D, Conv1DByGroup, (2, 13, 6), setting) for setting in SETTINGS],
    (layers.Conv1D, Conv1DByGroup, (2, 13, 6), {"kernel_size": 3, "padding": "causal"}),
    *[(layers.Conv2D, Conv2DByGroup, (2, 8, 9, 6), setting) for setting in SETTINGS],
]


def pair_of_layers(ordinary, by_group, shape, setting, rng):
    """A grouped convolution and its stand-in, with the same weights."""
    first = ordinary(9, groups=3, **setting)
    first.build(shape)
    for variable in first.weights:
        variable.assign(rng.normal(size=variable.shape))
    second = clone_class(first).from_config(first.get_config())
    second.build(shape)
    assert type(second) is by_group
    second.set_weights(first.get_weights())
    return first, second


@pytest.mark.onednn
@pytest.mark.parametrize(("ordinary", "by_group", "shape", "setting"), CASES)
def test_computes_what_keras_does(ordinary, by_group, shape, setting, rng):
    first, second = pair_of_layers(ordinary, by_group, shape, setting, rng)
    x = tf.constant(rng.normal(size=shape).astype("float32"))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        expected, outputs = first(x), second(x)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)
    slopes = [tape.gradient(y, x) for y in (expected, outputs)]
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=1e-5, atol=1e-5)


def test_computes_channels_first(rng):
    setting = {"kernel_size": 3, "data_format": "channels_first"}
    shape = (None, 6, 8, 9)
    _, by_group = pair_of_layers(layers.Conv2D, Conv2DByGroup, shape, setting, rng)
    assert by_group(keras.Input(shape[1:])).shape == (None, 9, 6, 7)


class OwnConvolution(layers.Conv2D):
    """A user's layer, whose `call` must be kept."""


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Conv2D(4, 3), layers.Conv2D),
        (layers.Conv2D(4, 3, groups=2), Conv2DByGroup),
        (layers.Conv1D(4, 3, groups=4), Conv1DByGroup),
        (layers.Conv3D(4, 3, groups=2), layers.Conv3D),
        (layers.Dense(3), layers.Dense),
        (layers.GroupNormalization(2), layers.GroupNormalization),
        (OwnConvolution(4, 3, groups=2), OwnConvolution),
    ],
)
def test_clones_grouped_convolutions_of_keras_alone(layer, expected):
    assert clone_class(layer) is expected


DREAM = """
import keras, numpy as np, tensorflow as tf
from keras_sounddream import DeepDream, objectives
keras.utils.set_random_seed(0)
inputs = keras.Input((None, None, 3))
x = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
x = keras.layers.Conv2D(8, 3, groups=2, padding="same", activation="relu", name="grouped")(x)
model = keras.Model(inputs, x)
image = np.random.default_rng(0).uniform(0, 255, (1, 32, 40, 3)).astype("float32")
objective = objectives.layer("grouped")
result = DeepDream(model, objective, steps=3, octaves=1).run(image)
assert np.isfinite(result.picture).all()
assert result.gain[0] > 1
"""


@pytest.mark.slow
@pytest.mark.parametrize("onednn", ["0", "1"])
def test_dreams_with_onednn_and_without(onednn):
    environment = os.environ | {"TF_ENABLE_ONEDNN_OPTS": onednn}
    subprocess.run([sys.executable, "-c", DREAM], check=True, env=environment)
