"""The dream of a picture that is exported: DeepDream's own numbers, at a known size and at any."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from runtimes import run_lite

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.export.portable import picture as portable_picture

ROWS, COLUMNS = 37, 46


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 3))
    x = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False, name="conv1")(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.MaxPooling2D(2, padding="same")(x)
    return keras.Model(inputs, layers.Conv2D(6, 3, activation="tanh", name="conv2")(x))


@pytest.fixture
def picture(rng):
    return rng.uniform(0, 255, (1, ROWS, COLUMNS, 3)).astype("float32")


def make(network, **settings):
    objective = objectives.layer("conv2") - 0.1 * objectives.l2_to_source()
    return DeepDream(network, objective, **settings)


def of_size(function, rows, columns):
    """A function traced for one size of picture, or for any."""
    spec = tf.TensorSpec((1, rows, columns, 3), tf.float32)
    return tf.function(function, [spec], autograph=False)


def triangles(length, stretched):
    """Resizing by its definition: a triangle of a cell's width around each new pixel's middle."""
    scale = length / stretched
    middles = (np.arange(stretched) + 0.5) * scale
    apart = np.abs(np.arange(length) + 0.5 - middles[:, None]) / max(scale, 1)
    shares = np.maximum(1 - apart, 0)
    return shares / shares.sum(1, keepdims=True)


@pytest.mark.parametrize("known", [(ROWS, COLUMNS), (None, None)])
@pytest.mark.parametrize("size", [(20, 33), (ROWS, COLUMNS), (50, 90), (1, 1)])
def test_resizes_are_those_of_the_definition(picture, size, known):
    found = of_size(lambda x: portable_picture.stretch(x, size), *known)(picture)
    down, across = triangles(ROWS, size[0]), triangles(COLUMNS, size[1])
    wanted = np.einsum("ai,bj,nijc->nabc", down, across, picture)
    np.testing.assert_allclose(found, wanted, atol=2e-3)  # of 255, by places in float32


@pytest.mark.parametrize("shift", [(0, 0), (5, -7), (-ROWS, COLUMNS), (99, -140)])
def test_rolls_are_numpys_and_their_gradients_go_back(picture, shift):
    @tf.function
    def both(x):
        rolled = portable_picture._rolled(x, tf.constant(shift))
        return rolled, tf.gradients(rolled * x, x)[0]

    rolled, gradient = both(picture)
    back = np.roll(picture, np.negative(shift), (1, 2))
    np.testing.assert_array_equal(rolled, np.roll(picture, shift, (1, 2)))
    np.testing.assert_allclose(gradient, rolled + back, rtol=1e-6)


SETTINGS = {
    "octaves": {"octaves": 3, "steps": 2, "momentum": 0.5, "source_mix": 0.2},
    "no detail": {"octaves": 2, "steps": 2, "keep_source_detail": False, "roll_pixels": 60},
    "smoothed": {"octaves": 2, "steps": 1, "smoothing": "three_gaussians", "roll_pixels": 0},
    "blue first": {"octaves": 1, "steps": 2, "preprocessing": "caffe", "normalization": "norm"},
    "exact tiles": {"octaves": 1, "steps": 2, "tile_pixels": 24},
}


@pytest.mark.parametrize(
    ("settings", "known"),
    [
        *((settings, (ROWS, COLUMNS)) for settings in SETTINGS.values()),
        (SETTINGS["octaves"], (None, None)),
    ],
    ids=[*SETTINGS, "of any size"],
)
def test_a_portable_dream_is_the_dream(network, picture, settings, known):
    dream = make(network, **settings)
    found = of_size(portable_picture.make_dream(dream), *known)(picture)
    np.testing.assert_allclose(found, dream(picture), atol=2e-3)
    assert np.abs(found - picture).max() > 2


def test_a_dream_in_litert_is_the_dream(network, picture):
    dream = make(network, octaves=3, steps=2, momentum=0.5)
    found = run_lite(portable_picture.make_dream(dream), picture)
    np.testing.assert_allclose(found, dream(picture), atol=2e-3)


REFUSED = {
    "with scale": {"scale": 0.1},
    "normalized over tiles": {"preset": "tutorial", "tile_pixels": 24},
    "of pictures in bfloat16": {"precision": "bfloat16"},
}


@pytest.mark.parametrize(("reason", "settings"), REFUSED.items(), ids=REFUSED)
def test_what_has_no_portable_form_is_refused(network, reason, settings):
    with pytest.raises(InputError, match=f"A dream {reason} has no portable form"):
        portable_picture.make_dream(make(network, **settings))
