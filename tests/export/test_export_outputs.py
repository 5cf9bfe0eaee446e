"""Outputs of networks as exported files name, label and average them."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.export.outputs import (
    class_labels,
    embedding_network,
    has_scores,
    output_names,
    pooled,
)


def heads(kind, labels=None):
    inputs = keras.Input((8,), name="x")
    first = keras.layers.Dense(2, name="first")(inputs)
    second = keras.layers.Dense(3, name="second")(inputs)
    outputs = {
        "one": first,
        "list": [first, second],
        "dict": {"b": second, "a": first},
    }[kind]
    model = keras.Model(inputs, outputs)
    if labels is not None:
        model.labels = labels
    return model


@pytest.mark.parametrize(
    ("kind", "names"),
    [("one", ("scores",)), ("list", ("first", "second")), ("dict", ("a", "b"))],
)
def test_outputs_have_names(kind, names):
    assert output_names(heads(kind)) == names


@pytest.mark.parametrize(
    ("kind", "labels", "expected"),
    [
        ("one", None, None),
        ("one", ["dog", "cat"], ("dog", "cat")),
        ("one", ["dog"], None),
        ("list", ["dog", "cat"], None),
        (
            "list",
            {"first": ["dog", "cat"], "second": ["x", "y", "z"]},
            {"first": ("dog", "cat"), "second": ("x", "y", "z")},
        ),
        ("list", {"first": ["dog", "cat"]}, None),
        ("dict", {"a": "ab", "b": "cde"}, {"a": ("a", "b"), "b": ("c", "d", "e")}),
    ],
)
def test_labels_are_those_of_every_class_or_none(kind, labels, expected):
    assert class_labels(heads(kind, labels)) == expected


@pytest.mark.parametrize(
    ("shape", "expected"), [((5,), True), ((4, 5), True), ((4, 4, 5), False), ((), False)]
)
def test_scores_are_per_clip_or_per_frame(shape, expected):
    inputs = keras.Input(shape)
    assert has_scores(keras.Model(inputs, keras.layers.Activation("relu")(inputs))) is expected


@pytest.mark.parametrize("shape", [(2, 3), (2, 5, 3), (2, 5, 4, 3)])
def test_all_axes_but_the_outer_are_averaged(shape):
    activation = np.random.default_rng(0).normal(size=shape).astype("float32")
    expected = activation.reshape(2, -1, 3).mean(1)
    np.testing.assert_allclose(pooled(activation), expected, rtol=1e-5, atol=1e-6)


def test_half_precision_is_pooled_to_float32():
    assert pooled(np.ones((1, 4, 2), "float16")).dtype == "float32"


@pytest.mark.parametrize(
    ("kind", "layer", "output"),
    [("one", None, "x"), ("list", None, "x"), ("one", "first", "first")],
)
def test_features_are_the_input_of_the_top_or_a_layer(kind, layer, output):
    network = embedding_network(heads(kind), layer)
    assert network.output._keras_history.operation.name == output


def test_a_model_without_weights_is_its_own_embedding():
    inputs = keras.Input((8,))
    model = keras.Model(inputs, keras.layers.Activation("softmax")(inputs))
    assert embedding_network(model).output is model.outputs[0]


def test_a_layer_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="first"):
        embedding_network(heads("one"), "frist")
