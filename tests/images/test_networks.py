"""Networks for pictures: their preprocessing is that of Keras's own modules, and CatDogNet."""

import sys

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.images.catdognet import CatDogNet
from keras_sounddream.images.front_end import PixelScaling
from keras_sounddream.images.networks import NETWORKS, find_constructor

CONVOLUTIONS = [
    *("block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2"),
    *("block3_conv1", "block3_conv2", "block3_conv3"),
]


@pytest.mark.parametrize("name", [name for name, row in NETWORKS.items() if row.weights])
def test_the_front_end_does_what_kerass_module_does(name, rng):
    pixels = rng.uniform(0, 255, (2, 3, 4, 3)).astype("float32")
    module = sys.modules[find_constructor(name).__module__]
    expected = module.preprocess_input(pixels.copy())
    found = PixelScaling(NETWORKS[name].preprocessing)(pixels)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_every_network_of_keras_is_there():
    constructors = {name for name in dir(keras.applications) if name[0].isupper()}
    assert {row.constructor for row in NETWORKS.values() if row.weights} == constructors


def test_the_front_end_is_saved(tmp_path):
    inputs = keras.Input((2, 2, 3))
    keras.Model(inputs, PixelScaling("caffe")(inputs)).save(tmp_path / "a.keras")
    model = keras.models.load_model(tmp_path / "a.keras")
    pixel = np.tile(np.array([103.939, 0, 0], "float32"), (1, 2, 2, 1))
    np.testing.assert_allclose(model(pixel)[0, 0, 0], [-103.939, -116.779, -19.741], atol=1e-3)


def test_catdognet_has_the_parameters_and_layers_of_its_table():
    model = CatDogNet()
    assert model.count_params() == 26_417_534
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.name for layer in convolutions] == CONVOLUTIONS
    assert [layer.output.shape[1] for layer in convolutions] == [248, 246, 121, 119, 57, 55, 53]
    assert model.get_layer("flatten").output.shape == (None, 86_528)
    assert CatDogNet(include_top=False, pooling="avg").output.shape == (None, 128)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pooling": "mean"}, "must be None, avg or max. Received: 'mean'"),
        ({"input_shape": (43, 60, 3)}, "takes 44 x 44 pixels or more"),
    ],
)
def test_bad_arguments_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        CatDogNet(**settings)
