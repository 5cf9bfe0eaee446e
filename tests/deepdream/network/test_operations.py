"""Networks with operations of Keras between their layers: every copy of one computes the same."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_sounddream import DeepDream, InputError
from keras_sounddream.deepdream.network.folding import fold_batch_norm
from keras_sounddream.deepdream.network.joined import join
from keras_sounddream.deepdream.style_transfer.networks import with_average_pooling
from keras_sounddream.export.precision import in_float32
from keras_sounddream.training.transfer import picture_networks

OPERATIONS = {
    "one": lambda x: ops.log1p(ops.relu(x)),
    "of a number": lambda x: 0.5 * x + 1.0,
    "of two": lambda x: ops.concatenate([x, ops.exp(-ops.abs(x))], axis=-1),
    "called twice": lambda x: ops.tanh(x + ops.tanh(x)),
    "with arguments": lambda x: ops.transpose(ops.einsum("bijc->bcij", x), (0, 2, 3, 1)),
}
each = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def network(operation, channels=3, dtype=None):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((None, None, channels))
    x = layers.Conv2D(4, 3, use_bias=False, name="conv1", dtype=dtype)(inputs)
    x = layers.BatchNormalization(name="norm1", dtype=dtype)(x)
    x = layers.MaxPooling2D(2, name="pool", dtype=dtype)(operation(x))
    x = layers.Conv2D(5, 3, name="conv2", dtype=dtype)(x)
    model = keras.Model(inputs, x, name="own")
    model.get_layer("norm1").moving_mean.assign([0.3, -0.2, 0.1, 0.5])
    return model


@pytest.fixture
def image(rng):
    return rng.normal(size=(2, 14, 13, 3)).astype("float32")


@each
def test_a_folded_copy_computes_the_same(operation, image):
    model = network(operation)
    copy, sources = fold_batch_norm(model, set())
    assert copy is not model
    with keras.StatelessScope([(variable, value()) for variable, value in sources]):
        found = copy(image)
    np.testing.assert_allclose(found, model(image, training=False), rtol=1e-4, atol=1e-5)


@each
def test_other_copies_do(operation, image):
    model = network(operation)
    wanted = model(image, training=False)
    np.testing.assert_allclose(picture_networks._copy(model)(image), wanted, atol=1e-6)
    assert "AveragePooling2D" in [
        type(layer).__name__ for layer in with_average_pooling(model).layers
    ]
    short = in_float32(network(operation, dtype="mixed_bfloat16"))
    np.testing.assert_allclose(short(image), wanted, atol=1e-5)


def test_one_dreams_on_layers_and_not_on_operations(image):
    model = network(OPERATIONS["one"])
    dream = DeepDream(model, "conv2", octaves=1, steps=3)
    assert dream.run(128 + 20 * image).gain.min() > 1
    with pytest.raises(InputError, match="no layer 'log1p'"):
        DeepDream(model, "log1p")


def test_joined_networks_may_have_some(chirp):
    inputs = keras.Input((None,))
    x = layers.Conv1D(4, 16, strides=8, name="conv")(ops.expand_dims(inputs, -1))
    model = keras.Model(inputs, ops.log1p(ops.relu(x)), name="own")
    model.sample_rate = 8000
    joint, _ = join([model, model], ["conv", "conv"])
    first, second = joint(chirp)
    np.testing.assert_allclose(first, model(chirp), atol=1e-6)
    np.testing.assert_allclose(second, first)
