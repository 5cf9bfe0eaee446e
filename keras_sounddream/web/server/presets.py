"""Presets that the demo server offers: names of a strength, and sets of settings of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from keras_sounddream.deepdream import settings
from keras_sounddream.deepdream.presets import DEFAULT_STRENGTH, PRESETS
from keras_sounddream.deepdream.style_transfer.presets import OF_KIND

STRENGTHS: dict[str, float] = {
    "gentle": PRESETS["gentle"]["strength"],
    "default": DEFAULT_STRENGTH,
    "vivid": PRESETS["vivid"]["strength"],
}
OWN = ("natural_dreams", "heard")  # of other octaves and updates: a graph each
NAMES = (*STRENGTHS, *OWN)


def strength_of(choice: Mapping[str, Any]) -> float | None:
    """The strength of a visitor's choice, `None` of a preset that is more than one."""
    return choice["strength"] if "strength" in choice else STRENGTHS.get(choice["preset"])


def describe() -> list[dict[str, Any]]:
    """The presets for the page: each has a `strength`, or `octaves` and `steps` in each."""
    presets: dict[str, dict[str, Any]] = {name: {"strength": x} for name, x in STRENGTHS.items()}
    for name in OWN:
        chosen = settings.choose("sound", name)
        presets[name] = {"octaves": chosen.octaves, "steps": chosen.steps}
    return [
        {"name": name, "shown": name.replace("_", " "), **figures}
        for name, figures in presets.items()
    ]


def describe_styles(names: Iterable[str]) -> dict[str, Any]:
    """The networks of styles for the page, with the `octaves` and `steps` of a transfer."""
    own = OF_KIND["sound"]
    return {"names": list(names), "octaves": own["octaves"], "steps": own["steps"]}
