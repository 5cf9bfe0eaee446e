"""Dreams without a gradient, or of something that is no number, are said to be such."""

import json
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.errors import InputWarning

FAR_BELOW, HUGE = (keras.initializers.Constant(value) for value in (-1e3, 1e38))


def cut_off(x):
    return layers.Lambda(tf.stop_gradient, name="last")(layers.Conv2D(4, 3)(x))


def rounded(x):
    whole = layers.Lambda(lambda v: tf.cast(tf.argmax(v, -1), "float32")[..., None], name="last")
    return whole(layers.Conv2D(4, 3)(x))


def dead(x):
    convolution = layers.Conv2D(4, 3, bias_initializer=FAR_BELOW, activation="relu", name="last")
    return convolution(x)


def beyond_float(x):
    return layers.Conv2D(4, 3, kernel_initializer=HUGE, name="last")(x)


def alive(x):
    return layers.Conv2D(4, 3, name="last")(x)


@pytest.fixture
def picture(rng):
    return rng.uniform(0, 255, (24, 32, 3)).astype("float32")


def dream_of(network, **settings):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, network(inputs))
    return DeepDream(model, objectives.layer("last"), octaves=1, steps=2, **settings)


@pytest.mark.parametrize("tile_pixels", [0, 16])
@pytest.mark.parametrize(
    ("network", "message"),
    [
        (cut_off, "No gradient of the objective reaches the input: something"),
        (rounded, "No gradient of the objective reaches the input: something"),
        (beyond_float, "and not a finite number: check the network"),
    ],
)
def test_what_cannot_be_dreamed_is_an_error(network, message, tile_pixels, picture):
    dream = dream_of(network, tile_pixels=tile_pixels, approximate=bool(tile_pixels))
    with pytest.raises(InputError) as caught:
        dream.run(picture)
    assert message in str(caught.value)


def test_what_did_not_move_is_warned_of(picture):
    with pytest.warns(InputWarning, match="The gradient of .* is zero at this input"):
        result = dream_of(dead).run(picture)
    np.testing.assert_allclose(result.picture[0], picture, atol=1e-3)
    figures = json.loads(json.dumps(result.figures(), allow_nan=False))
    assert (figures["gain"], figures["retained"], figures["name"]) == (None, None, "last")


def test_a_dream_that_moves_is_not_warned_of(picture):
    with warnings.catch_warnings():
        warnings.simplefilter("error", InputWarning)
        assert dream_of(alive).run(picture).gain > 1
