"""Lookup of layers and classes by name."""

import keras
import pytest

from keras_sounddream import InputError
from keras_sounddream.deepdream.network.lookup import (
    find_call,
    find_class,
    find_label,
    models_inside,
    no_convolution,
    output_shape,
)


@pytest.fixture(scope="module")
def nested():
    """A model in a model in a model."""
    inputs = keras.Input((8, 2))
    outputs = keras.layers.Conv1D(3, 2, name="deep_conv")(inputs)
    innermost = keras.Model(inputs, outputs, name="innermost")
    inputs = keras.Input((8, 2))
    inner = keras.Model(inputs, innermost(inputs), name="inner")
    inputs = keras.Input((8, 2))
    x = keras.layers.Dense(2, name="dense")(inner(inputs))
    return keras.Model(inputs, x, name="outer")


def labelled(labels):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs), name="labelled")
    model.labels = labels
    return model


def test_models_inside_models_are_listed(nested):
    assert [model.name for model in models_inside(nested)] == ["inner", "innermost"]
    assert models_inside(models_inside(nested)[1]) == []


def test_a_layer_is_found_by_its_name(nested):
    assert find_call(nested, "dense").layer is nested.layers[-1]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dens", "outer has no layer 'dens'. Did you mean dense"),
        ("innermost", "lies within the model 'inner', which is one layer here"),
        (
            "deep_conv",
            r"it lies within the model 'innermost'.*get_layer\('innermost'\)",
        ),
    ],
)
def test_a_layer_that_is_not_there_is_an_error(nested, name, message):
    with pytest.raises(InputError, match=message):
        find_call(nested, name)


def test_a_model_without_convolutions_of_its_own_is_told_from_one_without_any(nested):
    assert "a model within: dream on get_layer('inner') itself" in no_convolution(nested)
    assert no_convolution(labelled(())) == ("labelled has no convolution. Name layers to dream on.")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("input", "A layer named 'input' cannot be dreamed on"),
        ("source", "A layer named 'source' cannot be dreamed on"),
        ("denes", "Did you mean dense"),
    ],
)
def test_layers_that_cannot_be_dreamed_on(nested, name, message):
    with pytest.raises(InputError, match=message):
        output_shape(nested, name)


def test_a_layer_without_channels_cannot_be_dreamed_on():
    inputs = keras.Input((4,))
    lengths = keras.layers.Lambda(lambda x: x[:, 0], output_shape=(), name="first")(inputs)
    model = keras.Model(inputs, lengths)
    with pytest.raises(InputError, match="'first' cannot be dreamed on: expected one output"):
        output_shape(model, "first")


@pytest.mark.parametrize(("name", "shape"), [("dense", (None, 7, 2)), ("inner", (None, 7, 3))])
def test_the_shape_of_an_output_is_that_of_keras(nested, name, shape):
    assert output_shape(nested, name) == shape


LABELS = ("tabby, tabby cat", "dog", "tabby cat")


@pytest.mark.parametrize(
    ("labels", "label", "expected"),
    [
        (LABELS, "dog", (1, None)),
        (LABELS, "tabby", (0, None)),
        (LABELS, "tabby cat", (2, None)),  # a whole label comes before a synonym
        (LABELS, "tabby, tabby cat", (0, None)),
        ({"scenes": ("forest", "street"), "objects": ("dog",)}, "dog", (0, "objects")),
        ({"scenes": ("forest", "street"), "objects": ("dog",)}, "street", (1, "scenes")),
    ],
)
def test_a_class_is_found_by_its_label(labels, label, expected):
    model = labelled(labels)
    assert find_class(model, label) == expected
    assert find_label(model, label) == expected[0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "labelled has no labels. Give the index of 'dgo' instead"),
        ((), "labelled has no labels"),
        (LABELS, "labelled has no label 'dgo'. Did you mean dog"),
        ({"objects": ("cat", "dog")}, "no label 'dgo'. Did you mean dog"),
    ],
)
def test_a_label_that_is_not_there_is_an_error(labels, message):
    with pytest.raises(InputError, match=message):
        find_label(labelled(labels), "dgo")


def test_labels_are_those_of_models():
    with pytest.raises(InputError, match=r"Expected a keras.Model with labels. Received: \['a'\]"):
        find_label(["a"], "a")
