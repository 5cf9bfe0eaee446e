"""Limits of the demo server, and the checks of what a request asks for."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

from keras_sounddream.web.static import STEPS


class RefusedError(Exception):
    """A request that is not served.

    Args:
        status: of HTTP.
        sentence: what was expected, what came, what to do.
    """

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Limits:
    """The most that a server takes and keeps.

    Attributes:
        body_bytes: of a sound that is sent.
        body_seconds: in which it has to arrive.
        sound_seconds: that it may last.
        waiting: dreams in the queue.
        listening: sounds that wait to be recognised.
        kept: dreams that are finished and not yet forgotten.
        kept_seconds: after which a dream is forgotten.
        silent_seconds: without a question of its visitor, after which a dream is given up.
    """

    body_bytes: int = 20_000_000
    body_seconds: float = 60.0
    sound_seconds: float = 20.0
    waiting: int = 30
    listening: int = 60
    kept: int = 30
    kept_seconds: float = 600.0
    silent_seconds: float = 60.0


def read_choices(
    given: Mapping[str, str], networks: Mapping[str, Any]
) -> dict[str, str | float | int]:
    """The choices of a request for a dream, each one of its table.

    Args:
        given: `model`, `on`, `strength` and `steps`, as text.
        networks: by name, each with `names` of what it dreams on.

    Raises:
        RefusedError: if one is missing or not allowed, or there are others.
    """
    model = read_model(given, networks)
    readers: dict[str, Callable[[str], Any]] = {
        "on": lambda text: _one_of("on", text, networks[model].names),
        "strength": _read_strength,
        "steps": lambda text: int(_one_of("steps", text, [str(steps) for steps, _ in STEPS])),
    }
    expected = ["model", *readers]
    if sorted(given) != sorted(expected):
        raise RefusedError(400, f"Expected the choices {', '.join(expected)}, each once.")
    return {"model": model, **{name: read(given[name]) for name, read in readers.items()}}


def read_model(given: Mapping[str, str], networks: Mapping[str, Any]) -> str:
    """The network that a request names."""
    return _one_of("model", given.get("model", ""), list(networks))


def _one_of(name, text, allowed):
    if text not in allowed:
        raise RefusedError(400, f"`{name}` is one of {', '.join(allowed)}.")
    return text


def _read_strength(text):
    try:
        strength = float(text)
    except ValueError:
        strength = math.nan
    if not 0 <= strength <= 1:
        raise RefusedError(400, "`strength` is a number from 0 to 1.")
    return strength
