"""Activation maximisation from noise: it rises, units do not mix, and silent units move."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications
from keras_sounddream.deepdream.maximization import maximize_units, noise

LAYER = "block2_conv2"
QUICK = {"octaves": 1, "steps": 6}


@pytest.fixture(scope="module")
def model():
    return applications.LogMelCNN(weights="esc10")


def means(model, layer, dreams):
    network = keras.Model(model.inputs[0], model.get_layer(layer).output)
    answers = np.asarray(network(np.stack(dreams)))
    return answers.mean(axis=tuple(range(1, answers.ndim - 1)))


def distance(dream, other):
    """Root of the power of the difference, as a share of the other's."""
    return np.linalg.norm(dream - other) / np.linalg.norm(other)


def test_each_unit_is_raised_as_it_is_alone(model):
    together = dict(maximize_units(model, LAYER, [3, 8, 20], length=0.4, batch_size=2, **QUICK))
    assert list(together) == [3, 8, 20]
    for unit in (8, 20):
        alone = dict(maximize_units(model, LAYER, [unit], length=0.4, **QUICK))
        # a batch rounds otherwise, and steps enlarge that: 0.04 without oneDNN; another unit: 0.9
        assert distance(together[unit], alone[unit]) < 0.2
        assert distance(together[3], alone[unit]) > 0.6
    before = means(model, LAYER, [noise(model, 0.4)[0]])[0]
    after = means(model, LAYER, list(together.values()))
    for row, unit in enumerate(together):
        assert after[row, unit] > before[unit]
        assert after[:, unit].argmax() == row


def test_a_unit_that_is_silent_for_noise_moves():
    inputs = keras.Input((None, None, 3))
    silent = keras.initializers.Constant(-2.0)  # pixels are in [-1, 1]
    x = keras.layers.Conv2D(
        2, 1, activation="relu", kernel_initializer="ones", bias_initializer=silent, name="conv"
    )(inputs)
    model = keras.Model(inputs, x)
    start = noise(model, 40)
    (_, dream), = maximize_units(model, "conv", [1], length=40, steps=10, octaves=1)  # fmt: skip
    assert dream.shape == (40, 40, 3)
    assert dream.mean() > start.mean() + 10


def test_noise_is_seeded(model):
    np.testing.assert_array_equal(noise(model, 1, seed=4), noise(model, 1, seed=4))
    assert not np.array_equal(noise(model, 1, seed=4), noise(model, 1, seed=5))
    assert noise(model, 0.25).shape == (1, model.sample_rate // 4)


@pytest.mark.parametrize(("layer", "units", "message"), [
    (LAYER, [-1], "has units 0 to .*Received: -1"),
    (LAYER, [10_000], "Received: 10000"),
    ("block2_conv9", [1], "block2_conv"),
])  # fmt: skip
def test_units_that_are_not_there_are_named(model, layer, units, message):
    with pytest.raises(InputError, match=message):
        list(maximize_units(model, layer, units))
