"""Checks of arguments: what a value may be, and one wording of the error."""

import dataclasses
import math
import numbers
import os
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any

from keras_sounddream.errors import InputError

MOST_SEED = 2**31 - 1
OFFLINE = "KERAS_SOUNDDREAM_OFFLINE"  # environment variable: not empty and not 0 forbids fetching


@dataclasses.dataclass(frozen=True)
class Allowed:
    """The values that an argument may have.

    Args:
        text: completes "must be …" in an error.
        fits: predicate of a value.
    """

    text: str
    fits: Callable[[Any], bool]


def check(name: str, value: Any, allowed: Allowed) -> Any:
    """Returns `value`, NumPy scalars as Python's and lists as tuples, if it is allowed.

    Args:
        name: the argument's name, for the error.
        value: what was given.
        allowed: `Allowed`.

    Raises:
        InputError: if `value` is not allowed.
    """
    plain = _plain(value)
    if not allowed.fits(plain):
        raise InputError(f"`{name}` must be {allowed.text}. Received: {value!r}")
    return plain


def check_fields(instance: Any, allowed: Mapping[str, Allowed]) -> None:
    """Checks fields of a dataclass, frozen or not, and sets them to what `check` returns.

    Args:
        instance: of a dataclass; call this in its `__post_init__`.
        allowed: dict from the name of a field to `Allowed`.

    Raises:
        InputError: if a value is not allowed.
    """
    for name, values in allowed.items():
        object.__setattr__(instance, name, check(name, getattr(instance, name), values))


def integer(least: int, most: int | None = None) -> Allowed:
    """Allows integers from `least` to `most`; bool is no integer."""
    text = f"an int of at least {least}" if most is None else f"an int from {least} to {most}"

    def fits(value: Any) -> bool:
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        return is_integer and least <= value and (most is None or value <= most)

    return Allowed(text, fits)


def number(least: float, most: float = math.inf, above: bool = False) -> Allowed:
    """Allows finite numbers from `least` to `most`, without `least` itself if `above`."""
    text = f"above {least:g}" if above else f"at least {least:g}"
    text = "finite and " + text if most == math.inf else f"{text} and at most {most:g}"

    def fits(value: Any) -> bool:
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not is_number or not abs(value) <= sys.float_info.max:  # NaN, or too large an int
            return False
        return least <= value <= most and not (above and value == least)

    return Allowed(text, fits)


def seed(negative: bool = True) -> Allowed:
    """Allows seeds: integers that 32 bits hold with their sign; of training none below 0."""
    if not negative:
        return integer(0, MOST_SEED)
    return Allowed("an int below 2 ** 31, in size", integer(-MOST_SEED, MOST_SEED).fits)


def fraction() -> Allowed:
    """Allows numbers between 0 and 1, without these two."""
    one = number(0, 1, above=True)
    return Allowed("above 0 and below 1", lambda value: one.fits(value) and value < 1)


def optional(allowed: Allowed) -> Allowed:
    """Allows None beside what `allowed` does."""
    return Allowed(f"{allowed.text}, or None", lambda value: value is None or allowed.fits(value))


def pair(least: float, most: float) -> Allowed:
    """Allows pairs of numbers from `least` to `most`."""
    one = number(least, most)
    return Allowed(
        f"a pair of numbers from {least:g} to {most:g}",
        lambda value: isinstance(value, tuple) and len(value) == 2 and all(map(one.fits, value)),
    )


def choice(choices: Collection[str]) -> Allowed:
    """Allows one of some strings."""
    return Allowed(
        f"one of {', '.join(choices)}", lambda value: isinstance(value, str) and value in choices
    )


def flag() -> Allowed:
    """Allows True and False."""
    return Allowed("True or False", lambda value: isinstance(value, bool))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    is_scalar = type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0
    return value.item() if is_scalar else value


def may_fetch() -> bool:
    """Whether files may be fetched from other machines: `KERAS_SOUNDDREAM_OFFLINE` forbids it."""
    return os.environ.get(OFFLINE, "0") in ("", "0")
