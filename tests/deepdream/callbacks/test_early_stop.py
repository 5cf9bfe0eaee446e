"""Early stopping, step by step."""

import types

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.deepdream.callbacks.callback import Callback, EarlyStop


def stops_after(callback, scores):
    """Number of steps before a callback ends an octave of such scores, or `None`."""
    callback.set_dream(types.SimpleNamespace(stop_octave=False))
    callback.on_octave_begin(0, {})
    for step, score in enumerate(scores):
        callback.on_step_end(step, {"objective": np.atleast_1d(score)})
        if callback.dream.stop_octave:
            return step + 1
    return None


@pytest.mark.parametrize(
    ("scores", "steps"),
    [
        ([1, 1, 1, 1], 3),
        ([1, 1.04, 1.04], 3),
        ([1, 1.06, 1.12, 1.19], None),
        ([1, 1, 2, 2, 2], 5),
        ([3, 2, 1], 3),
        ([-1, -0.9, -0.8, -0.7], None),
        ([-1, -0.99, -0.98], 3),
        ([0, 0, 0], 3),
        ([[0, 2], [1, 1], [2, 0]], 3),
    ],
)
def test_patience_counts_steps_without_a_sufficient_rise(scores, steps):
    assert stops_after(EarlyStop(patience=2, least_rise=0.05), scores) == steps


def test_each_octave_begins_anew():
    callback = EarlyStop(patience=2, least_rise=0.05)
    assert stops_after(callback, [9, 9]) is None
    assert stops_after(callback, [1, 1]) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patience": 0}, "`patience` must be an int of at least 1. Received: 0"),
        ({"patience": 2.5}, "`patience` must be an int of at least 1. Received: 2.5"),
        ({"least_rise": -0.1}, "`least_rise` must be finite and at least 0. Received: -0.1"),
        ({"least_rise": float("nan")}, "`least_rise` must be finite"),
        ({"least_rise": "1 %"}, "`least_rise` must be finite"),
    ],
)
def test_settings_out_of_range_are_errors(settings, message):
    with pytest.raises(InputError, match=message):
        EarlyStop(**settings)


def test_the_base_class_does_nothing():
    callback = Callback()
    assert callback.dream is None
    for hook in (callback.on_dream_begin, callback.on_dream_end):
        assert hook({}) is None
    for hook in (callback.on_octave_begin, callback.on_step_end, callback.on_octave_end):
        assert hook(0, {}) is None
