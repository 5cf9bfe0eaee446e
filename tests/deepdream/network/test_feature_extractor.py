"""The quickened network: the same activations, always of the model's present weights."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_sounddream import InputError, objectives
from keras_sounddream.deepdream.network.feature_extractor import FeatureExtractor


def convolution(kind, x, name):
    if kind == "depthwise":
        return layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False, name=name)(x)
    return layers.Conv2D(6, 3, use_bias=kind == "bias", name=name)(x)


@pytest.fixture(params=["plain", "bias", "depthwise", "no gamma", "no beta"])
def model(request):
    keras.utils.set_random_seed(2)
    inputs = keras.Input((None, None, 3))
    norm = {"scale": request.param != "no gamma", "center": request.param != "no beta"}
    x = convolution(request.param, inputs, "conv1")
    x = layers.BatchNormalization(**norm, name="norm1")(x)
    x = layers.Conv2D(4, 3, name="conv2")(layers.Dropout(0.5)(layers.ReLU(name="relu")(x)))
    x = layers.BatchNormalization(name="norm2")(x)  # after it, conv2 is read itself
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    model = keras.Model(inputs, layers.Dense(5, activation="softmax", name="top")(x))
    shake(model)
    return model


def shake(model):
    rng = np.random.default_rng(0)
    for variable in model.weights:
        if "seed" not in variable.path:
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))


def read(model, objective, image):
    network = FeatureExtractor(model, objective, lambda image: image)
    return network, [np.asarray(m) for m in network.score_maps(image, image, network.kernels())]


def expected(model, name, image):
    return np.asarray(keras.Model(model.inputs[0], model.get_layer(name).output)(image))


def test_folded_activations_are_the_same(model, rng):
    image = rng.normal(size=(2, 12, 13, 3)).astype("float32")
    objective = objectives.layer("relu") + objectives.layer("conv2") + objectives.layer("norm2")
    network, maps = read(model, objective, image)
    assert not any("norm1" in variable.path for variable, _ in network._sources)
    for name, found in zip(("relu", "conv2", "norm2"), maps, strict=True):
        wanted = np.mean(np.square(expected(model, name, image)), axis=-1)
        np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=1e-6)


def test_new_weights_are_read_at_once(model, rng):
    image = rng.normal(size=(1, 12, 13, 3)).astype("float32")
    network = FeatureExtractor(model, objectives.layer("norm1"), lambda image: image)
    before = network.score_maps(image, image, network.kernels())[0]
    model.get_layer("norm1").moving_variance.assign_add(
        np.ones(model.get_layer("norm1").moving_variance.shape)
    )
    after = network.score_maps(image, image, network.kernels())[0]
    wanted = np.mean(np.square(expected(model, "norm1", image)), axis=-1)
    np.testing.assert_allclose(after, wanted, rtol=2e-5)
    assert not np.allclose(after, before)


def test_logits_are_read_before_the_softmax(model, rng):
    image = rng.normal(size=(2, 12, 13, 3)).astype("float32")
    _, maps = read(model, objectives.logit(3).resolved(model), image)
    top = model.get_layer("top")
    logits = expected(model, "mean", image) @ np.asarray(top.kernel) + np.asarray(top.bias)
    np.testing.assert_allclose(maps[0], logits[:, 3], rtol=1e-5)


@pytest.mark.parametrize("kind", [layers.Softmax, lambda: layers.Activation("softmax")])
def test_logits_of_a_softmax_of_its_own(rng, kind):
    inputs = keras.Input((4,))
    x = layers.Dense(3, name="dense")(inputs)
    last = kind()
    model = keras.Model(inputs, last(x))
    image = rng.normal(size=(2, 4)).astype("float32")
    _, maps = read(model, objectives.logit(1, last.name), image)
    np.testing.assert_allclose(maps[0], expected(model, "dense", image)[:, 1], rtol=1e-5)


def test_a_layer_is_not_read_before_and_after_its_activation(model):
    objective = objectives.logit(1).resolved(model) + objectives.layer("top")
    with pytest.raises(InputError, match="'top' is read before its activation, as logits, and"):
        FeatureExtractor(model, objective, lambda image: image)
