"""Checks of arguments: what each allows, what it refuses, and in which words."""

import math
from fractions import Fraction

import numpy as np
import pytest

from keras_sounddream import InputError, checks
from keras_sounddream.checks import check

COUNT, ONE_TO_THREE = checks.integer(1), checks.integer(1, 3)
ABOVE_ZERO, AT_LEAST_ZERO = checks.number(0, above=True), checks.number(0)
SHARE, ABOVE_SHARE = checks.number(0, 1), checks.number(0, 1, above=True)
COLORS, RANGE, FLAG = checks.choice(["red", "blue"]), checks.pair(0, 1), checks.flag()

ALLOWED = [
    *[(COUNT, value) for value in (1, 2, 10**12)],
    *[(ONE_TO_THREE, value) for value in (1, 3)],
    *[(ABOVE_ZERO, value) for value in (1e-300, 1, Fraction(1, 3), 1e300)],
    *[(AT_LEAST_ZERO, value) for value in (0, 0.0, -0.0, 5)],
    *[(SHARE, value) for value in (0, 0.5, 1)],
    *[(ABOVE_SHARE, value) for value in (1e-9, 1)],
    *[(COLORS, value) for value in ("red", "blue")],
    *[(RANGE, value) for value in ((0, 1), (0.5, 0.25), (1, 1))],
    *[(FLAG, value) for value in (True, False)],
]
REFUSED = [
    *[(COUNT, value, "an int of at least 1") for value in (0, -1, 1.0, True, "1", None, (1,))],
    *[(ONE_TO_THREE, value, "an int from 1 to 3") for value in (0, 4, 2.5, math.nan, False)],
    *[
        (ABOVE_ZERO, value, "finite and above 0")
        for value in (0, -1, math.inf, math.nan, 10**400, True, "1", None, 1j)
    ],
    *[(AT_LEAST_ZERO, value, "finite and at least 0") for value in (-1e-9, -math.inf, [0])],
    *[(SHARE, value, "at least 0 and at most 1") for value in (-0.1, 1.1, math.inf, None)],
    *[(ABOVE_SHARE, value, "above 0 and at most 1") for value in (0, 1.5)],
    *[(COLORS, value, "one of red, blue") for value in ("green", "Red", "", None, 1, ["red"])],
    *[
        (RANGE, value, "a pair of numbers from 0 to 1")
        for value in ((0,), (0, 0, 1), (0, 2), (0, "1"), (0, True), 1, "01", None, {0, 1})
    ],
    *[(FLAG, value, "True or False") for value in (0, 1, "True", None)],
]


@pytest.mark.parametrize(("allowed", "value"), ALLOWED)
def test_allows_and_returns(allowed, value):
    assert check("setting", value, allowed) == value


@pytest.mark.parametrize(("allowed", "value", "text"), REFUSED)
def test_refuses_in_one_line_that_says_what_came(allowed, value, text):
    with pytest.raises(InputError) as error:
        check("setting", value, allowed)
    assert str(error.value) == f"`setting` must be {text}. Received: {value!r}"


@pytest.mark.parametrize(
    ("allowed", "value", "expected"),
    [
        (COUNT, np.int64(3), 3),
        (COUNT, np.array(3), 3),
        (SHARE, np.float32(0.5), 0.5),
        (FLAG, np.True_, True),
        (COLORS, np.str_("red"), "red"),
        (RANGE, [0, 1], (0, 1)),
        (RANGE, [np.float32(0.5), np.float64(1)], (0.5, 1.0)),
    ],
)
def test_gives_plain_values(allowed, value, expected):
    plain = check("setting", value, allowed)
    assert plain == expected
    assert type(plain) is type(expected)


@pytest.mark.parametrize("value", [np.float64("nan"), np.float32("inf"), np.True_, np.zeros(2)])
def test_refuses_arrays_that_are_no_number(value):
    with pytest.raises(InputError, match="`setting` must be finite and at least 0"):
        check("setting", value, AT_LEAST_ZERO)


def test_allowed_values_of_ones_own():
    even = checks.Allowed("even", lambda value: isinstance(value, int) and value % 2 == 0)
    assert check("size", 4, even) == 4
    with pytest.raises(InputError, match="`size` must be even. Received: 3"):
        check("size", 3, even)
