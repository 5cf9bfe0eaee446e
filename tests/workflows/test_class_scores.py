"""What a classifier takes a dream for."""

import keras
import numpy as np
import pytest

from keras_sounddream.workflows.scores import class_scores


def classifier(activation, shape=(4,)):
    """Scores are those of the inputs, the same in any batch."""
    inputs = keras.Input(shape)
    x = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.layers.Activation(activation)(x))


def test_the_likeliest_before_and_after_are_named():
    model = classifier("softmax")
    model.labels = ["ant", "bee", "cat", "dog"]
    before, after = np.log([[0.6, 0.3, 0.08, 0.02]]), np.log([[0.1, 0.2, 0.05, 0.65]])
    scores = class_scores(model, before, after, top=1)
    assert [row[0] for row in scores] == ["dog", "ant"]
    assert np.array([row[1:] for row in scores]) == pytest.approx(
        np.array([[0.02, 0.65], [0.6, 0.1]]), abs=1e-5
    )


def test_classes_without_names_are_numbered_and_the_first_example_counts():
    batch = np.array([[9.0, 0, 0, 0], [0, 9, 0, 0]])
    assert class_scores(classifier("softmax"), batch, batch, top=1)[0][0] == "class 0"


def test_models_that_take_a_channel_get_one():
    scores = class_scores(classifier("softmax", (4, 1)), np.eye(4)[:1], np.eye(4)[1:2], top=4)
    assert len(scores) == 4


def test_models_without_scores_give_none(small_model, chirp):
    assert class_scores(small_model, chirp, chirp) is None
    assert class_scores(classifier("softmax"), np.zeros((1, 5)), np.zeros((1, 5))) is None
    logits = np.array([[5.0, -2, 0, 1]])
    assert class_scores(classifier("linear"), logits, logits) is None
