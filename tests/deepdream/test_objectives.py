"""Objectives: what they read, how they add, and that ascent raises each."""

import keras
import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError, objectives

ALL = [
    objectives.layer("conv2"),
    objectives.channel("conv2", 3),
    objectives.layer("conv1") + objectives.layer("conv2"),
    0.2 * objectives.channel("conv1", 1) + 0.8 * objectives.layer("conv2"),
    objectives.channel("conv2", 1) - 0.1 * objectives.layer("conv1"),
]


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_three_steps_of_ascent_raise_it(objective, small_model, chirp):
    dream = DeepDream(small_model, objective, octaves=1, steps=3, roll_seconds=0.0)
    result = dream.run(chirp)
    assert result.objective_real[0] > result.objective_before[0]


def test_scores_are_the_arithmetic_they_are_named_by():
    activation = np.array([[[1.0, -2.0], [3.0, 4.0]]], "float32")
    layer, channel = objectives.layer("a"), objectives.channel("a", 1)
    assert float(layer({"a": activation})[0]) == np.mean([1, 4, 9, 16])
    assert float(channel({"a": activation})[0]) == np.mean([0, 16])
    both = (0.5 * layer - 2 * channel)({"a": activation})
    assert float(both[0]) == 0.5 * 7.5 - 2 * 8
    assert (layer + channel).layers == ("a",)
    assert sum([layer, channel]).terms == (layer + channel).terms
    assert (-layer / 2).terms[0]["weight"] == -0.5


def test_scores_are_per_example(rng):
    activation = rng.normal(size=(3, 5, 4, 2)).astype("float32")
    together = objectives.layer("a")({"a": activation})
    for i in range(3):
        alone = objectives.layer("a")({"a": activation[i : i + 1]})
        np.testing.assert_allclose(together[i], alone[0], rtol=1e-6)


def test_saves_and_reloads():
    objective = 0.2 * objectives.channel("conv1", 1) + objectives.layer("conv2")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(objective))
    assert repr(again) == repr(objective)
    assert again.terms == objective.terms


@pytest.mark.parametrize(
    ("text", "same"),
    [("conv1", objectives.layer("conv1")), ("conv1:7", objectives.channel("conv1", 7))],
)
def test_parse(text, same):
    assert objectives.parse(text).terms == same.terms


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: objectives.parse("conv1:x"), "LAYER:CHANNEL.*'conv1:x'"),
        (lambda: objectives.parse("conv1:-1"), "LAYER:CHANNEL"),
        (lambda: objectives.layer("convv1"), "no layer 'convv1'. Did you mean conv1"),
        (lambda: objectives.layer("zzz"), "It has: waveform, front_end"),
        (lambda: objectives.channel("conv1", 8), "channels 0 to 7. Received: 8"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(make, message, small_model):
    with pytest.raises(InputError, match=message):
        DeepDream(small_model, make())
