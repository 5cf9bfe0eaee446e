"""Couplings of a video's sound and pictures: a signal of the one drives the dream of the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from keras_sounddream.errors import InputError, unknown_name
from keras_sounddream.types import Array

SIGNALS = {  # name: the track that it is read off, and what it is
    "loudness": ("sound", "level of the sound, 0 at 40 dB below its loudest, 1 there"),
    "heard": ("sound", "score of the class in the sound"),
    "brightness": ("pictures", "mean of the pixels, 0 black, 1 white"),
    "motion": ("pictures", "mean speed, 1 at half a width of the frame per second"),
    "seen": ("pictures", "score of the class in the pictures"),
}
TARGETS = {  # name: the tracks whose dream it is of, and what it is
    "strength": (("pictures", "sound"), "share of the dream, from 0 at 0 to all of it at 1"),
    "layers": (("pictures",), "the layers or channels of the objective, the first at 0, last at 1"),
}
_OTHER = {"sound": "pictures", "pictures": "sound"}


@dataclasses.dataclass(frozen=True)
class Coupling:
    """A signal of one track, and the target that it drives in the dream of the other.

    Args:
        signal: one of `SIGNALS`.
        target: one of `TARGETS`.

    Raises:
        InputError: if there is no such signal or target, or that track's dream has none.
    """

    signal: str
    target: str

    def __post_init__(self):
        for what, name, table in (
            ("signal", self.signal, SIGNALS),
            ("target", self.target, TARGETS),
        ):
            if name not in table:
                raise InputError(unknown_name("Couplings have", what, name, list(table)))
        if self.driven not in TARGETS[self.target][0]:
            raise InputError(
                f"{self.signal}:{self.target} would drive the {self.target} of the {self.driven}'s "
                f"dream: couple {self.signal} to strength."
            )

    @property
    def read(self) -> str:
        """The track that the signal is read off: `"sound"` or `"pictures"`."""
        return SIGNALS[self.signal][0]

    @property
    def driven(self) -> str:
        """The track whose dream is driven."""
        return _OTHER[self.read]

    def __str__(self) -> str:
        return f"{self.signal}:{self.target}"


@dataclasses.dataclass(frozen=True)
class Curve:
    """A signal over time: float `(points,)`, seconds and values in [0, 1]."""

    times: Array
    values: Array

    def at(self, seconds: Array) -> Array:
        """Values at times, float32; between points on a line, beyond the ends as at them."""
        return np.interp(seconds, self.times, self.values).astype("float32")


def parse(text: str | Coupling) -> Coupling:
    """The coupling that `"SIGNAL:TARGET"` spells.

    Raises:
        InputError: see `Coupling`.
    """
    if isinstance(text, Coupling):
        return text
    signal, colon, target = str(text).partition(":")
    if not colon:
        raise InputError(f"Expected SIGNAL:TARGET, such as loudness:strength. Received: {text!r}")
    return Coupling(signal, target)


def parse_all(texts: Iterable[str | Coupling]) -> tuple[Coupling, ...]:
    """Couplings, of which each target of each track is driven once at most.

    Raises:
        InputError: see `Coupling`; or if one is driven by two signals.
    """
    found = tuple(parse(text) for text in texts)
    driven = [(coupling.driven, coupling.target) for coupling in found]
    for pair in driven:
        if driven.count(pair) > 1:
            both = " and ".join(str(c) for c in found if (c.driven, c.target) == pair)
            raise InputError(f"Expected one signal for each target. Received: {both}")
    return found


def layer_weights(value: float, count: int) -> Array:
    """Weights `(count,)` of layers in a row: the first alone at 0, the last at 1, two between."""
    return np.maximum(0, 1 - np.abs(value * (count - 1) - np.arange(count))).astype("float32")
