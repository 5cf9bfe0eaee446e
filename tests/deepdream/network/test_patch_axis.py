"""Parts of examples on the batch axis."""

import keras
import numpy as np
import pytest

from keras_sounddream.deepdream.network.patch_axis import join_parts, layers_of_parts


class Reshaped(keras.layers.Layer):
    """Moves halves of examples to the batch axis, or back."""

    def __init__(self, splits_examples, width, **settings):
        super().__init__(**settings)
        self.splits_examples, self.width = splits_examples, width

    def call(self, inputs):
        return keras.ops.reshape(inputs, (-1, self.width))

    def compute_output_shape(self, input_shape):
        return (None, self.width)


@pytest.fixture
def model():
    inputs = keras.Input((6,), name="whole")
    x = Reshaped(True, 3, name="split")(inputs)
    x = keras.layers.Dense(3, name="part")(x)
    x = Reshaped(False, 6, name="join")(x)
    return keras.Model(inputs, keras.layers.Dense(1, name="score")(x))


def test_layers_inherit_parts_until_they_are_joined(model):
    assert layers_of_parts(model) == {"split", "part"}


@pytest.mark.parametrize("positions", [(), (4,), (4, 5)])
def test_parts_come_one_after_another(positions):
    parts = np.arange(2 * 3 * np.prod(positions, dtype=int) * 7).reshape(6, *positions, 7)
    joined = np.asarray(join_parts(parts, 2))
    first = positions[0] if positions else 1
    assert joined.shape == (2, 3 * first, *positions[1:], 7)
    for example in range(2):
        for part in range(3):
            piece = joined[example, part * first : (part + 1) * first]
            np.testing.assert_array_equal(piece.reshape(*positions, 7), parts[3 * example + part])
