"""Linear classifiers, against scikit-learn's own and by what must not matter."""

import types

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from keras_sounddream.training.transfer import linear_classifier
from keras_sounddream.training.transfer.linear_classifier import LinearFit, dense_weights

BAR = types.SimpleNamespace(update=lambda: None)


def data(rng, num_classes=3, clips=30, features=5):
    labels = np.arange(clips) % num_classes
    rows = rng.normal(size=(clips, features)) + 2 * np.eye(num_classes, features)[labels]
    return rows.astype("float32"), labels


def softmax(scores):
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("num_classes", [2, 3, 5])
@pytest.mark.parametrize("cost", [0.01, 1.0])
def test_a_dense_layer_gives_the_probabilities_of_the_regression(rng, num_classes, cost):
    rows, labels = data(rng, num_classes)
    kernel, bias = dense_weights(100 * rows + 7, labels, cost)
    assert (kernel.shape, bias.shape) == ((5, num_classes), (num_classes,))
    assert kernel.dtype == bias.dtype == "float32"
    scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    regression = LogisticRegression(C=cost, max_iter=500).fit(scaled, labels)
    expected = regression.predict_proba(scaled)
    np.testing.assert_allclose(softmax((100 * rows + 7) @ kernel + bias), expected, atol=2e-3)


def test_a_constant_feature_counts_for_nothing(rng):
    rows, labels = data(rng)
    rows[:, 2] = 4
    kernel, bias = dense_weights(rows, labels, 1.0)
    np.testing.assert_allclose(kernel[2], 0, atol=1e-6)
    assert np.isfinite(bias).all()


@pytest.mark.parametrize("kind", ["logistic", "svm"])
@pytest.mark.parametrize("num_classes", [2, 3])
def test_every_clip_is_scored_for_every_cost(rng, kind, num_classes):
    rows, labels = data(rng, num_classes)
    fitted = np.arange(30) < 20
    scores = LinearFit(labels, kind, (0.01, 1.0), True)(list(rows[:, None]), fitted, BAR)
    assert scores.shape == (2, 30, num_classes)
    assert np.mean(scores[1].argmax(axis=1) == labels) > 0.7
    assert not np.array_equal(scores[0], scores[1])


def test_one_cost_is_scored_as_among_others(rng):
    rows, labels = data(rng)
    fit = LinearFit(labels, "logistic", (0.01, 0.1, 1.0), True)
    fitted = np.arange(30) < 24
    several = fit(list(rows[:, None]), fitted, BAR)
    alone = fit.only(0.1)(list(rows[:, None]), fitted, BAR)
    np.testing.assert_array_equal(alone[0], several[1])
    assert fit.only(0.1).costs == (0.1,)


def test_rows_of_a_clip_are_averaged(rng):
    rows, labels = data(rng)
    fitted = np.arange(30) < 24
    fit = LinearFit(labels, "logistic", (1.0,), False)
    once = fit(list(rows[:, None]), fitted, BAR)
    twice = fit([np.stack([row, row]) for row in rows], fitted, BAR)
    assert once.shape == twice.shape
    np.testing.assert_array_equal(once.argmax(axis=2), twice.argmax(axis=2))


def test_the_bar_moves_once_per_cost(rng):
    moves = []
    rows, labels = data(rng)
    bar = types.SimpleNamespace(update=lambda: moves.append(1))
    LinearFit(labels, "svm", (0.1, 1.0, 2.0), True)(list(rows[:, None]), labels >= 0, bar)
    assert len(moves) == 3


@pytest.mark.parametrize("scaled", [False, True])
def test_more_features_than_clips_are_rotated_losslessly(rng, scaled):
    rows = rng.normal(size=(12, 40))
    fitted = np.arange(12) < 8
    rotated = linear_classifier._rotated(rows, fitted, scaled)
    assert rotated.shape == (12, 8)
    if not scaled:
        products = rows[fitted] @ rows.T
        np.testing.assert_allclose(rotated[fitted] @ rotated.T, products, atol=1e-9)


def test_features_are_scaled_by_the_fitted_clips_alone(rng):
    rows, fitted = rng.normal(3, 2, size=(20, 4)), np.arange(20) < 15
    scaled = linear_classifier._rotated(rows, fitted, True)
    np.testing.assert_allclose(scaled[fitted].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled[fitted].std(axis=0), 1)
    assert np.abs(scaled[~fitted].mean(axis=0)).max() > 1e-3
    np.testing.assert_array_equal(linear_classifier._rotated(rows, fitted, False), rows)
