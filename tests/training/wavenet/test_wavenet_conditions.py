"""Conditions that are fitted to a sound, and labels that are made of them."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications
from keras_sounddream.applications.wavenet import condition_vectors, with_label
from keras_sounddream.generation import generate
from keras_sounddream.training.wavenet import condition_bits, fit_condition

RATE = 4000


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(5)
    model = applications.WaveNet(
        sample_rate=RATE,
        dilations=(1, 2, 4, 8),
        residual_channels=8,
        dilation_channels=8,
        skip_channels=16,
        conditions={"digit": ["one", "two", "three"], "speaker": ["ann", "bob"]},
        condition_channels=4,
    )
    for weight in model.weights:  # so that a condition tells
        if "embedding" in weight.path or "condition" in weight.path:
            weight.assign(3 * weight)
        elif weight.path.startswith("predictions"):
            weight.assign(6 * weight)
    return model


@pytest.fixture(scope="module")
def sound(model):
    return said(model, "two")


def said(model, digit, seed=3, **settings):
    labels = {"digit": [digit], "speaker": ["bob"]}
    return generate(model, 0.25, conditions=labels, seed=seed, **settings)


def bits(model, sound, digit):
    return float(condition_bits(model, sound, {"digit": digit, "speaker": "bob"})[0])


def test_a_label_of_ones_own_is_that_point(model, sound):
    vector = condition_vectors(model, "digit")[1]
    copy = with_label(model, "again", digit=vector)
    assert copy.conditions == {**model.conditions, "digit": ("one", "two", "three", "again")}
    assert model.conditions["digit"] == ("one", "two", "three")
    np.testing.assert_array_equal(said(copy, "again"), sound)
    np.testing.assert_array_equal(said(copy, "two"), sound)


def test_shares_add_up_and_are_generated_alike_by_both_methods(model):
    copy = with_label(model, "between", digit={"one": 0.25, "three": 0.75})
    table = condition_vectors(copy, "digit")
    np.testing.assert_allclose(table[3], 0.25 * table[0] + 0.75 * table[2], rtol=1e-5)
    fast, naive = (said(copy, "between", method=method) for method in ("cached", "naive"))
    np.testing.assert_array_equal(fast[:, :200], naive[:, :200])
    assert np.abs(fast - said(model, "one")).max() > 0.01


def test_a_model_with_such_a_label_is_saved(model, sound, tmp_path):
    copy = with_label(model, "own", digit=np.full(4, 0.3), speaker={"ann": 1.0})
    copy.save(tmp_path / "own.keras")
    again = keras.models.load_model(tmp_path / "own.keras")
    labels = {"digit": "own", "speaker": "own"}
    np.testing.assert_allclose(
        condition_bits(again, sound, labels), condition_bits(copy, sound, labels), rtol=1e-6
    )


def test_the_likeliest_shares_are_those_of_the_label_that_said_it(model):
    words = np.concatenate([said(model, "two", seed) for seed in range(8)])
    found = fit_condition(model, words, labels={"speaker": "bob"}, shares=True, steps=40)
    shares = found.points["digit"]
    assert max(shares, key=shares.get) == "two"
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    assert found.bits.shape == (41,)
    assert found.bits[-1] < found.bits[0] - 0.01
    own = with_label(model, "found", digit=shares)
    asked = {"digit": "found", "speaker": "bob"}
    assert condition_bits(own, words, asked).mean() == pytest.approx(found.bits[-1], abs=1e-4)


def test_a_free_point_is_at_least_as_likely_as_any_label(model, sound):
    found = fit_condition(model, sound, labels={"speaker": "bob"}, steps=60)
    best = min(bits(model, sound, digit) for digit in model.conditions["digit"])
    assert found.bits[-1] <= best + 1e-3
    own = with_label(model, "found", **found.points)
    assert bits(own, sound, "found") == pytest.approx(found.bits[-1], abs=1e-4)


def test_all_conditions_are_fitted_if_none_is_known(model, sound):
    found = fit_condition(model, sound, steps=2)
    assert set(found.points) == {"digit", "speaker"}
    assert {point.shape for point in found.points.values()} == {(4,)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": {"digit": "too"}}, "There is no digit 'too'. Did you mean two"),
        ({"labels": {"genre": "rock"}}, "There is no condition 'genre'"),
        ({"labels": {"digit": "one", "speaker": "ann"}}, "none is left to fit"),
        ({"steps": 0}, "`steps` must be an int of at least 1"),
        ({"step_size": 0}, "`step_size` must be"),
        ({"waveform": np.zeros((1, 0))}, r"waveform \(batch, samples\).*\(1, 0\)"),
        ({"waveform": np.full(9, np.nan)}, "finite numbers"),
        ({"waveform": np.full(9, 300.0)}, r"in \[-1, 1\]. Received up to 300"),
        ({"model": "plain"}, "WaveNet with global conditions alone"),
        ({"model": None}, "WaveNet with global conditions alone"),
    ],
)
def test_what_cannot_be_fitted(model, arguments, message):
    given = {"model": model, "waveform": np.zeros(50), **arguments}
    if given["model"] == "plain":
        given["model"] = applications.WaveNet(dilations=(1, 2), skip_channels=8)
    with pytest.raises(InputError, match=message):
        fit_condition(given.pop("model"), given.pop("waveform"), **given)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ({}, "Expected a point for a condition"),
        ({"genre": {"rock": 1}}, "There is no condition 'genre'"),
        ({"digit": {"too": 1}}, "There is no digit 'too'. Did you mean two"),
        ({"digit": {}}, "Expected shares of labels of 'digit'. Received none"),
        ({"digit": [1.0, 2.0]}, r"a vector of 4 numbers. Received shape: \(2,\)"),
        ({"digit": {"one": np.inf}}, "Expected finite numbers for 'digit'"),
        ({"digit": "one"}, "Expected numbers for 'digit'. Received: 'one'"),
    ],
)
def test_points_that_are_none(model, points, message):
    with pytest.raises(InputError, match=message):
        with_label(model, "new", **points)


def test_a_label_that_is_there_is_no_new_one(model):
    with pytest.raises(InputError, match="labels of 'digit' must be different"):
        with_label(model, "one", digit={"two": 1.0})


def test_bits_take_a_label_of_each_condition(model, sound):
    with pytest.raises(InputError, match="Expected a label for the condition 'speaker'"):
        condition_bits(model, sound, {"digit": "one"})
