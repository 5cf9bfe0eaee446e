"""Objectives are shown as a person would say them; their `repr` is Python."""

import types

import keras
import pytest
from keras import layers

from keras_sounddream import objectives
from keras_sounddream.deepdream.objectives.objective import Objective


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((None, 1))
    x = layers.Conv1D(3, 3, name="conv")(inputs)
    x = layers.Conv1D(3, 1, activation="softmax", name="predictions")(x)
    model = keras.Model(inputs, layers.GlobalAveragePooling1D(name="pool")(x))
    model.labels = ("dog", "rooster, cock", "rain")
    return model


def loudest(x):
    return x


TITLES = [
    (objectives.layer("conv"), "conv"),
    (objectives.channel("conv", 7), "conv channel 7"),
    (objectives.neurons("conv", [1, 2]), "conv channels 1, 2"),
    (objectives.neurons("conv", range(9)), "conv channels 0, 1, 2, 3, 4, 5 and 3 more"),
    (objectives.neurons("conv", [1], [(0, 1)]), "conv channels 1 in a box"),
    (objectives.logit(1), "rooster"),
    (objectives.logit(1, "predictions"), "rooster"),
    (objectives.logit(1, "conv"), "class 1 of conv"),
    (objectives.logit(9), "class 9 of the last layer"),
    (objectives.logit_difference(0, 2), "dog - rain"),
    (objectives.direction("conv", [1.0, 2.0]), "a direction in conv"),
    (objectives.custom(loudest, "conv"), "loudest of conv"),
    (objectives.custom(lambda x: x), "a function of the last layer"),
    (objectives.diversity("conv"), "diversity of conv"),
    (objectives.total_variation(), "smoothness"),
    (objectives.l2_to_source(), "nearness to the source"),
    (objectives.energy_protection(), "levels of the source"),
    (-objectives.layer("conv"), "-conv"),
    (0.25 * objectives.layer("{conv}") + objectives.logit(0), "0.25 × {conv} + dog"),
    (objectives.logit(0) - 2 * objectives.layer("conv"), "dog - 2 × conv"),
    (
        (objectives.layer("a") + objectives.layer("b")).named("guide rain.wav"),
        "guide rain.wav",
    ),
]


@pytest.mark.parametrize(("objective", "title"), TITLES, ids=[title for _, title in TITLES])
def test_an_objective_is_said(objective, title, model):
    assert objective.title(model) == title
    assert objective.resolved(model).title(model) == title.replace(
        "the last layer", "predictions" if "class" in title else "pool"
    )


def test_without_a_model_classes_are_numbers():
    assert str(objectives.logit(1)) == "class 1 of the last layer"
    assert f"{objectives.layer('conv')}" == "conv"


def test_labels_of_several_outputs_are_those_of_the_output():
    model = types.SimpleNamespace(labels={"scenes": ("beach",), "objects": ("cup, mug",)})
    assert objectives.logit(0, "objects").title(model) == "cup"


def test_a_name_is_saved_and_does_not_change_the_spelling():
    named = objectives.layer("conv").named("guide rain.wav")
    again = Objective.from_config(named.get_config())
    assert str(again) == "guide rain.wav"
    assert repr(again) == "1 * layer('conv')" == repr(objectives.layer("conv"))
