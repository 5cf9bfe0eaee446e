"""Checks of what a request asks the demo server for: every choice is one of its table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from keras_sounddream.web.server.limits import RefusedError
from keras_sounddream.web.server.presets import NAMES
from keras_sounddream.web.static import STEPS

SPLIT = "split"  # the length of the first of two sounds, in bytes
_MOST_DIGITS = 12
Given = Iterable[tuple[str, str]]


def read_dream(given: Given, networks: Mapping[str, Any]) -> dict[str, Any]:
    """The choices of a request for a dream.

    Args:
        given: names and texts: `model`, `on`, `steps`, `strength` or `preset`, and `split` where
            a second sound is sent.
        networks: by name, each with `names` of what it dreams on.

    Raises:
        RefusedError: if one is missing, comes twice or is not allowed, or there are others.
    """
    texts = _once(given)
    model = read_model(texts, networks)
    how = "preset" if "preset" in texts else "strength"
    _check_names(
        texts,
        {"model", "on", "steps", how},
        "Expected the choices model, on, steps and either strength or preset, each once; and "
        "split where two sounds are sent.",
    )
    return {
        "model": model,
        "on": _one_of("on", texts["on"], networks[model].names),
        how: _READERS[how](texts[how]),
        **_steps_and_split(texts),
    }


def read_style(given: Given, styles: Mapping[str, Any]) -> dict[str, Any]:
    """The choices of a request for a style: `network`, `strength`, `steps` and `split`.

    Raises:
        RefusedError: if one is missing, comes twice or is not allowed, or there are others.
    """
    texts = _once(given)
    _check_names(
        texts,
        {"network", "strength", "steps", SPLIT},
        "Expected the choices network, strength, steps and split, each once.",
    )
    return {
        "network": _one_of("network", texts["network"], list(styles)),
        "strength": _read_strength(texts["strength"]),
        **_steps_and_split(texts),
    }


def read_model(given: Mapping[str, str], networks: Mapping[str, Any]) -> str:
    """The network that a request names."""
    return _one_of("model", given.get("model", ""), list(networks))


def split(content: bytes, length: int | None) -> list[bytes]:
    """One sound, or two of which the first has a length in bytes.

    Raises:
        RefusedError: if nothing is left for one of the two.
    """
    if length is None:
        return [content]
    if not 0 < length < len(content):
        raise RefusedError(
            400,
            f"`{SPLIT}` is the length of the first of two sounds, in bytes. Received: {length} of "
            f"{len(content)}: send both sounds, one behind the other.",
        )
    return [content[:length], content[length:]]


def _once(given):
    given = list(given)
    texts = dict(given)
    if len(texts) < len(given):
        raise RefusedError(400, "Expected each choice once.")
    return texts


def _check_names(texts, expected, sentence):
    if set(texts) - {SPLIT} != expected - {SPLIT} or not set(texts) >= expected:
        raise RefusedError(400, sentence)


def _steps_and_split(texts):
    found = {"steps": int(_one_of("steps", texts["steps"], [str(steps) for steps, _ in STEPS]))}
    return {**found, **({SPLIT: _read_split(texts[SPLIT])} if SPLIT in texts else {})}


def _one_of(name: str, text: str, allowed: Sequence[str]) -> str:
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


def _read_split(text):
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise RefusedError(400, f"`{SPLIT}` is a number of bytes.")
    return int(text)


_READERS: dict[str, Callable[[str], Any]] = {
    "strength": _read_strength,
    "preset": lambda text: _one_of("preset", text, NAMES),
}
