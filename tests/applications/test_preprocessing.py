"""Lengths, rates and channels of waveforms, by known answers; no network."""

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.applications.preprocessing import numbers, prepare

RATE = 100
RAMP = np.arange(7) / 10


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"min_seconds": 0}, [0, 1, 2, 3, 4, 5, 6]),
        ({"min_seconds": 0.05}, [0, 1, 2, 3, 4, 5, 6]),
        ({"min_seconds": 0.1}, [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]),
        ({"min_seconds": 0.1, "repeat_whole": True}, [*range(7), *range(7)]),
        ({"min_seconds": 0.04, "repeat_whole": True}, [*range(7)]),
        ({"min_seconds": 0.05, "step_seconds": 0.02}, [*range(7)]),
        ({"min_seconds": 0.05, "step_seconds": 0.04}, [*range(7), 0, 1]),
        ({"min_seconds": 0, "max_seconds": 0.03}, [0, 1, 2]),
        ({"min_seconds": 0.09, "max_seconds": 0.09}, [*range(7), 0, 1]),
        ({"min_seconds": 0.07, "strict": True}, [*range(7)]),
        ({"min_seconds": 0.2, "least_seconds": 0.07, "strict": True}, [*range(7)]),
        ({"min_seconds": 0.05, "step_seconds": 0.04, "strict": True}, [*range(7)]),
        ({"min_seconds": 0.05, "max_seconds": 0.06, "strict": True}, [*range(6)]),
    ],
)
def test_lengths(settings, expected):
    np.testing.assert_allclose(prepare(RAMP, RATE, RATE, **settings)[0] * 10, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("least", "message"),
    [
        ({"min_seconds": 0.08}, r"at least 8 samples \(0.08 s\) at 100 Hz. Received: 7 \(0.07 s\)"),
        ({"min_seconds": 1, "least_seconds": 0.09}, "at least 9 samples"),
    ],
)
def test_strict_refuses_what_is_too_short(least, message):
    with pytest.raises(InputError, match=message):
        prepare(RAMP, RATE, RATE, strict=True, **least)
    assert prepare(RAMP, RATE, RATE, **least).shape[1] > 7


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        (np.zeros(8), (1, 8)),
        (np.zeros((3, 8)), (3, 8)),
        (np.zeros((3, 8, 6)), (3, 8)),
        ([0.0] * 8, (1, 8)),
        (np.array([1, 0, -1], "int8"), (1, 3)),
    ],
)
def test_shapes_become_batch_and_samples(given, shape):
    prepared = prepare(given, RATE, RATE, 0)
    assert prepared.shape == shape
    assert prepared.dtype == np.float32


def test_channels_are_averaged_and_rates_changed():
    stereo = np.stack([np.ones((1, 50)), np.zeros((1, 50))], -1)
    np.testing.assert_allclose(prepare(stereo, RATE, RATE, 0), 0.5)
    assert prepare(np.zeros(50), RATE, 2 * RATE, 0).shape == (1, 100)
    assert prepare(np.zeros(50), 2 * RATE, RATE, 0.4).shape == (1, 40)


def test_the_result_is_a_new_array():
    given = np.ones((1, 10), "float32")
    for settings in ({}, {"max_seconds": 0.05}, {"strict": True}):
        prepare(given, RATE, RATE, 0.01, **settings)[:] = 0
    assert given.all()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ("a", "str"),
        (None, "NoneType"),
        ([[1, 2], [3]], "list"),
        ({"a": 1}, "dict"),
        (1j, "complex"),
    ],
)
def test_other_things_than_numbers_are_named(values, named):
    with pytest.raises(InputError, match=f"Expected scores, an array .*Received: {named}"):
        numbers(values, "scores")


@pytest.mark.parametrize("values", [1, 2.5, [1, 2], np.float16(3), np.zeros((2, 0))])
def test_numbers_stay_as_they_are(values):
    np.testing.assert_array_equal(numbers(values, "scores"), np.asarray(values))
