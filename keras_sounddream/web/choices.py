"""The choices that the page offers of a network: layers and classes, strengths and steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.network.calls import layer_names
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.deepdream.presets import STRENGTHS, at_strength
from keras_sounddream.deepdream.settings import Settings, defaults
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array
from keras_sounddream.workflows.classes import find_class
from keras_sounddream.workflows.making import OF_A_CLASS

BOUNDS = ("mask_db", "fall_db", "ceiling_db", "step_size")  # the settings that strength decides
MOST_STEPS = 25  # per octave: so many random shifts are stored
LEAST_SECONDS = 0.25
WIDEST = 8.0  # smoothing of the gradient, in bins; a choice has from 0 up to it
_MOST_LAYERS, _MOST_CLASSES = 8, 20  # that are offered where none are named


@dataclasses.dataclass(frozen=True)
class Choice:
    """The inputs of a dream beside the sound.

    Attributes:
        weights: float32 `(1, terms)`, a factor for each term of the objective.
        bounds: float32 `(4,)`, the settings `BOUNDS`, in dB.
        smoothing: standard deviation of the smoothing, from 0 to `WIDEST` bins.
        steps: per octave, from 1 to `MOST_STEPS`.
    """

    weights: Array
    bounds: Array
    smoothing: float
    steps: int


@dataclasses.dataclass(frozen=True)
class Term:
    """Something to dream on.

    Attributes:
        name: as the command line has it: a layer, `"NAME:CHANNEL"`, or a class.
        is_class: whether it is a class.
        objective: what a dream on it maximises.
    """

    name: str
    is_class: bool
    objective: Objective

    @property
    def shown(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ") if self.is_class else self.name

    @property
    def smoothing(self) -> float:
        """Standard deviation, in bins, of the smoothing of the gradient that it is dreamed with."""
        return OF_A_CLASS["smoothing_width"][0] if self.is_class else 0.0


def find_terms(
    model: keras.Model, layers: Sequence[str] = (), classes: Sequence[str] = ()
) -> list[Term]:
    """The layers and classes of a model that are offered; some of its own where none are named.

    Raises:
        InputError: if the model lacks one of them, or has none of its own.
    """
    labels = flat_labels(model)
    if not (layers or classes):
        layers = _some(layer_names(model, (keras.layers.Conv1D, keras.layers.Conv2D)))
        classes = labels if len(labels) <= _MOST_CLASSES else ()
    layers, classes = (list(dict.fromkeys(names)) for names in (layers, classes))
    found = [(name, False, objectives.parse(name)) for name in layers]
    found += [(name, True, objectives.logit(*find_class(model, name))) for name in classes]
    if not found:
        raise InputError(f"{model.name} has no convolutions: name a --layer or a --class.")
    terms = [Term(name, is_class, one.resolved(model)) for name, is_class, one in found]
    for term in terms:
        term.objective.check(model)
    return terms


def describe(model: keras.Model, terms: Sequence[Term]) -> dict[str, Any]:
    """The description of a network that the page reads, for JSON."""
    groups = {"Layers": False, "Classes": True}
    shown = [
        {
            "title": group,
            "terms": [
                {"name": term.name, "shown": term.shown, "smoothing": term.smoothing}
                for term in terms
                if term.is_class == is_class
            ],
        }
        for group, is_class in groups.items()
    ]
    layers = [term for term in terms if not term.is_class]
    return {
        "name": model.name,
        "rate": find_sample_rate(model),
        "labels": list(flat_labels(model)),
        "groups": [group for group in shown if group["terms"]],
        "chosen": terms[2 * len(layers) // 3].name,  # a middle layer
        "octaves": Settings().octaves,
        "steps": Settings().steps,
        "strengths": strength_table(),
        "least_seconds": LEAST_SECONDS,
    }


def choose(terms: Sequence[Term], name: str, strength: float, steps: int) -> Choice:
    """The inputs of a dream on the term of a name, at a strength from 0 to 1."""
    names = [term.name for term in terms]
    number = names.index(name)
    values = defaults("sound")
    at = at_strength("sound", strength, values)
    bounds = np.array([at[bound] for bound in BOUNDS], "float32")
    weights = np.eye(len(terms), dtype="float32")[number : number + 1]
    return Choice(weights, bounds, terms[number].smoothing, steps)


def flat_labels(model: keras.Model) -> tuple[str, ...]:
    """The labels of a model with one output; none of any other."""
    labels = getattr(model, "labels", None) or ()
    return () if isinstance(labels, dict) else tuple(labels)


def strength_table() -> list[dict[str, float]]:
    """The settings of sounds at the strengths between which they are interpolated."""
    values = defaults("sound")
    strengths = sorted({*STRENGTHS["sound"], values["strength"]})
    return [
        {"strength": strength, **at_strength("sound", strength, {n: values[n] for n in BOUNDS})}
        for strength in strengths
    ]


def _some(names):
    """At most `_MOST_LAYERS` of some names, evenly spaced, the last among them."""
    count = min(len(names), _MOST_LAYERS)
    return [names[(i + 1) * len(names) // count - 1] for i in range(count)]
