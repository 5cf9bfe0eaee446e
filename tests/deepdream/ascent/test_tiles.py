"""Tiled gradients against untiled ones."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.audio import Analysis
from keras_sounddream.audio.layers import LogMelSpectrogram


def sound_model():
    keras.utils.set_random_seed(0)
    analysis = Analysis(sample_rate=8000, frame_seconds=0.032, step_seconds=0.016)
    inputs = keras.Input((None,))
    x = LogMelSpectrogram(analysis, name="front_end")(inputs)
    x = layers.Reshape((-1, 64, 1))(x)
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    x = layers.Conv2D(4, 3, dilation_rate=2, padding="same", activation="tanh", name="conv2")(x)
    x = layers.AveragePooling2D(2, padding="valid", name="pool")(x)
    outputs = layers.Dense(3, name="top")(layers.GlobalAveragePooling2D(name="mean")(x))
    return keras.Model(inputs, outputs)


def picture_model():
    inputs = keras.Input((None, None, 3))
    x = layers.ZeroPadding2D(((0, 1), (1, 2)))(inputs)
    x = layers.Conv2D(4, (3, 5), strides=(2, 1), use_bias=False, name="conv1")(x)
    x = layers.BatchNormalization(name="norm1")(x)
    y = layers.DepthwiseConv2D(3, strides=2, padding="same", name="depthwise")(layers.ReLU()(x))
    z = layers.MaxPooling2D(2, 2, padding="same")(x)
    x = layers.Concatenate(name="both")([y, z])
    x = layers.SeparableConv2D(5, 3, padding="same", activation="tanh", name="conv2")(x)
    return keras.Model(inputs, x)


def gradient(dream, image, traced):
    image = tf.constant(image)

    def take(image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            scores = dream.score(image)
        return scores, tape.gradient(scores, image)

    if not traced:
        return take(image)
    shape = [None] * (len(image.shape) - 1) + [3 if len(image.shape) == 4 else None]
    return tf.function(take, input_signature=[tf.TensorSpec(shape)])(image)


def check(model, objective, image, traced, tile, **settings):
    whole = DeepDream(model, objective, **settings)
    tiled = DeepDream(model, objective, **tile, **settings)
    scores, expected = gradient(whole, image, traced)
    tiled_scores, found = gradient(tiled, image, traced)
    np.testing.assert_allclose(tiled_scores, scores, rtol=1e-5)
    size = np.abs(expected).max()
    assert size > 0
    np.testing.assert_allclose(found, expected, atol=1e-5 * size)


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("num_samples", [8123, 12001, 3000])
@pytest.mark.parametrize("tile_seconds", [0.5, 0.2])
def test_of_a_sound(num_samples, tile_seconds, traced, rng):
    objective = objectives.layer("conv2") + 0.3 * objectives.channel("pool", 1)
    objective += objectives.layer("conv1")
    image = rng.uniform(-1, 1, (2, num_samples)).astype("float32")
    check(sound_model(), objective, image, traced, {"tile_seconds": tile_seconds})


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("size", [(97, 130), (31, 200), (20, 21)])
@pytest.mark.parametrize("tile_pixels", [48, 1000])
def test_of_a_picture(size, tile_pixels, traced, rng):
    objective = objectives.layer("conv2") + objectives.layer("norm1")
    image = rng.uniform(0, 255, (2, *size, 3)).astype("float32")
    check(picture_model(), objective, image, traced, {"tile_pixels": tile_pixels})


def test_tiles_shorter_than_the_halo_are_made_as_long(rng):
    image = rng.uniform(-1, 1, (1, 9001)).astype("float32")
    check(sound_model(), objectives.layer("conv2"), image, True, {"tile_seconds": 0.001})
    picture = rng.uniform(0, 255, (1, 70, 50, 3)).astype("float32")
    check(picture_model(), objectives.layer("conv2"), picture, True, {"tile_pixels": 1})


def test_a_global_statistic_has_no_exact_tiles(rng):
    model, objective = sound_model(), objectives.layer("top")
    with pytest.raises(InputError, match="cannot be cut into tiles exactly: layer 'top' depends"):
        DeepDream(model, objective, tile_seconds=0.5)
    dream = DeepDream(model, objective, tile_seconds=0.5, approximate=True)
    image = rng.uniform(-1, 1, (1, 20000)).astype("float32")
    result = dream.run(image)
    assert result.gain[0] > 1


def test_long_and_short_sounds_dream_alike(rng):
    second = rng.uniform(-1, 1, (1, 32768)).astype("float32")
    dream = DeepDream(sound_model(), objectives.layer("conv2"))
    short, long = dream.score(second), dream.score(np.tile(second, (1, 4)))
    np.testing.assert_allclose(short, long, rtol=0.1)
