"""Classes of a network by label and number, and image networks with their top at any size."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.workflows.classes import find_class, with_classes


def heads(labels=None, several=False):
    inputs = x = keras.Input((None, 1))
    top = keras.layers.Dense(3, name="top")(x)
    outputs = {"top": top, "other": keras.layers.Dense(2, name="other")(x)} if several else top
    model = keras.Model(inputs, outputs, name="net")
    if labels is not None:
        model.labels = labels
    return model


SEVERAL = {"top": ("a", "b", "c"), "other": ("d", "e")}


@pytest.mark.parametrize(
    ("labels", "several", "label", "found"),
    [
        (None, False, "2", (2, None)),
        (("a", "b", "c"), False, "2", (2, None)),
        (("a", "b", "c"), False, "b", (1, None)),
        (("1", "2", "0"), False, "2", (1, None)),  # a label before a number
        (None, True, "top:2", (2, "top")),
        (SEVERAL, True, "other:1", (1, "other")),
        (SEVERAL, True, "e", (1, "other")),
        (("x:1", "b", "c"), False, "x:1", (0, None)),
    ],
)
def test_a_class_is_found_by_label_or_number(labels, several, label, found):
    assert find_class(heads(labels, several), label) == found


@pytest.mark.parametrize(
    ("labels", "several", "label", "message"),
    [
        (None, False, "3", "net has classes 0 to 2. Received: '3'"),
        (None, False, "a", "net has no labels: give a number in place of 'a'"),
        (("abc", "b", "c"), False, "abd", "no label 'abd'. Did you mean abc"),
        (None, True, "1", "several outputs: give top:1 or other:1"),
        (None, True, "bottom:1", "no output 'bottom'. It has: top, other"),
        (None, True, "other:2", "net has classes 0 to 1"),
        (("a", "b", "c"), False, "-1", "no label '-1'"),
    ],
)
def test_what_is_no_class_is_named(labels, several, label, message):
    with pytest.raises(InputError, match=message):
        find_class(heads(labels, several), label)


def test_an_image_network_with_its_top_takes_any_size_and_has_labels():
    model = keras.applications.MobileNet(alpha=0.25, weights=None)
    free = with_classes(model)
    assert free.inputs[0].shape == (None, None, None, 3)
    assert find_class(free, "tabby") == (281, None)
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 224, 224, 3)).astype("float32")
    np.testing.assert_allclose(free(picture), model(picture), rtol=1e-5)
    assert free(picture[:, :160, :200]).shape == (1, 1000)
    assert with_classes(free) is free


@pytest.mark.parametrize(("classes", "name"), [(1000, "mine"), (9, "mobilenet_of_mine")])
def test_others_are_not_taken_for_imagenet(classes, name):
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Dense(classes)(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, x, name=name)
    assert with_classes(model) is model  # a layer prevents other sizes
    assert getattr(model, "labels", None) is None
