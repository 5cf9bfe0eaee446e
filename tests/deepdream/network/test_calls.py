"""Calls of layers in the model at hand: shared with another, repeated, in branches."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_sounddream import InputError, objectives
from keras_sounddream.deepdream.network.calls import call_anew, calls_of, layer_names
from keras_sounddream.deepdream.network.feature_extractor import FeatureExtractor
from keras_sounddream.deepdream.network.lookup import find_call, output_shape


@pytest.fixture
def repeated():
    """A convolution that is called twice, around one with a normalisation, and a branch."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((None, 4), name="sound")
    shared = layers.Conv1D(4, 3, activation="relu", padding="same", name="shared")
    norm = layers.BatchNormalization(name="norm")
    x = norm(layers.Conv1D(4, 1, name="first")(shared(inputs)))
    x = norm(layers.Conv1D(4, 1, name="second")(x))  # of two convolutions: folded into neither
    x = layers.Add(name="sum")([shared(x), inputs * 2.0])
    model = keras.Model(inputs, layers.Dense(3, name="top")(x), name="net")
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 1.0, w.shape) for w in model.weights])
    return model


def test_calls_have_names_of_their_own_in_order(repeated):
    calls = calls_of(repeated)
    named = [name for name, call in calls.items() if isinstance(call.layer, keras.Layer)]
    assert named.index("shared@1") < named.index("norm@1") < named.index("norm@2")
    assert {"shared@1", "shared@2", "norm@1", "norm@2", "sum", "top", "sound"} <= set(named)
    assert calls["second"].sources == ("norm@1",)
    assert layer_names(repeated, layers.Conv1D) == ["shared@1", "shared@2", "first", "second"]


def test_each_call_is_read_by_its_name(repeated, rng):
    sound = rng.normal(size=(1, 9, 4)).astype("float32")
    kernel, bias = map(np.asarray, repeated.get_layer("first").weights)
    first = np.asarray(repeated.get_layer("shared")(sound))
    norm = repeated.get_layer("norm")
    x = np.asarray(norm(first @ kernel[0] + bias))
    kernel, bias = map(np.asarray, repeated.get_layer("second").weights)
    x = np.asarray(norm(x @ kernel[0] + bias))
    second = np.asarray(repeated.get_layer("shared")(x))
    objective = objectives.layer("shared@1") + objectives.layer("shared@2")
    network = FeatureExtractor(repeated, objective, lambda x: x)
    maps = network.score_maps(sound, sound, network.kernels())
    for found, wanted in zip(maps, (first, second), strict=True):
        np.testing.assert_allclose(found, np.mean(wanted**2, axis=-1), rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shared", "net calls its layer 'shared' 2 times: say which call, from 'shared@1' to"),
        ("shared@3", "net has no layer 'shared@3'. Did you mean shared@2 or shared@1"),
        ("top@1", "net has no layer 'top@1'. Did you mean top"),
    ],
)
def test_which_call_has_to_be_said(repeated, name, message):
    with pytest.raises(InputError, match=message):
        find_call(repeated, name)


def test_layers_called_anew_keep_what_they_compute(repeated, rng):
    inputs = keras.Input((None, 4))
    half = layers.Rescaling(0.5)(inputs)
    again = keras.Model(inputs, call_anew(repeated, {"sound": half})[0])
    sound = rng.normal(size=(2, 9, 4)).astype("float32")
    np.testing.assert_allclose(again(sound), repeated(sound / 2), rtol=1e-5)
    assert output_shape(again, "shared@2") == (None, None, 4)
    assert find_call(again, "top").output is again.outputs[0]


def hidden(model_of):
    inputs = keras.Input((4,))
    x = layers.Dense(4, activation="relu", name="hidden")(inputs)
    return keras.Model(inputs, model_of(x), name="net")


@pytest.mark.parametrize(
    "model",
    [
        hidden(lambda x: layers.Dense(3, name="top")(x)),
        hidden(lambda x: layers.Dense(4, name="top")(x._keras_history.operation(x))),
    ],
)
def test_logits_are_not_read_below_a_layer_that_needs_the_activation(model):
    name = "hidden" if "hidden" in calls_of(model) else "hidden@2"
    objective = objectives.logit(0, name) + objectives.layer("top")
    with pytest.raises(InputError, match=f"'{name}' is read before its activation, as logits, and"):
        FeatureExtractor(model, objective, lambda x: x)
