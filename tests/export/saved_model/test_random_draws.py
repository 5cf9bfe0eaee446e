"""Random numbers in a graph are NumPy's, bit for bit."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream.export.saved_model import random_draws
from keras_sounddream.generation.random_numbers import NUMBERS, random_numbers

COUNT = 6


@tf.function(input_signature=[tf.TensorSpec((), tf.int32)], autograph=False)
def draws(seed):
    state, increment = random_draws.begin(seed)
    first, state = random_draws.draw(state, increment, COUNT)
    second, _ = random_draws.draw(state, increment, COUNT)
    return tf.concat([first, second], 0)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 12345, 2**16 + 1, 2**30 + 7, 2**31 - 1])
def test_numbers_are_numpys(seed):
    wanted = random_numbers(seed, 1)(COUNT)[:, 0].reshape(-1)
    np.testing.assert_array_equal(draws(tf.constant(seed)), wanted)
    assert wanted.size == COUNT * NUMBERS
