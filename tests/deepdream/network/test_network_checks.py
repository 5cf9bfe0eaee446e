"""Checks of a network's kind."""

import keras
import pytest

from keras_sounddream import InputError
from keras_sounddream.deepdream.network.checks import check_network, takes_pictures, takes_sounds


def taking(*shapes):
    inputs = [keras.Input(shape) for shape in shapes]
    outputs = [keras.layers.Activation("relu")(one) for one in inputs]
    return keras.Model(inputs, outputs, name="net")


@pytest.mark.parametrize(
    ("shape", "sounds", "pictures"),
    [
        ((None,), True, False),
        ((16000,), True, False),
        ((None, 1), True, False),
        ((None, 2), False, False),
        ((8, 8, 3), False, True),
        ((None, None, 3), False, True),
        ((8, 8, 1), False, False),
    ],
)
def test_the_input_tells_sounds_from_pictures(shape, sounds, pictures):
    model = taking(shape)
    assert (takes_sounds(model), takes_pictures(model)) == (sounds, pictures)
    check_network(model)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("network", "Expected a keras.Model to dream with. Received: 'network'"),
        (
            keras.Sequential([keras.layers.Dense(1)], name="s"),
            "functional model. s has no known",
        ),
        (taking((4,), (4,)), "Expected a model with one input. net has 2"),
    ],
)
def test_networks_that_cannot_be_dreamed_with(model, message):
    with pytest.raises(InputError, match=message):
        check_network(model)
