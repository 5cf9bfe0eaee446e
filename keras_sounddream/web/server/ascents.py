"""Graphs that dream on some terms of a network, for all choices of the demo server's visitors."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_sounddream.deepdream import objectives, settings
from keras_sounddream.deepdream.imprint import fitted, imprint
from keras_sounddream.deepdream.network.lookup import output_shape
from keras_sounddream.deepdream.params.spectrogram import SpectrogramParam
from keras_sounddream.types import Array
from keras_sounddream.web.choices import Choice, Term, choose
from keras_sounddream.web.server.flow import Watch, ascend
from keras_sounddream.web.server.given import (
    GivenAscent,
    GivenObjective,
    SteeredGivenAscent,
    trace_step,
    weights_of,
)
from keras_sounddream.web.server.sounds import named_second
from keras_sounddream.web.steering import dream_steps, make_dream, steered


class Ascents:
    """The dreams on some terms: one graph for all strengths and guides, and one each preset.

    Args:
        model: takes waveforms of any length.
        terms: all are computed at every step, so that a sound has to be long enough for each.
        lock: that is held during a step.

    Attributes:
        dream: `DeepDream` of the terms.
        names: of the terms.
    """

    def __init__(self, model: keras.Model, terms: Sequence[Term], lock: threading.Lock):
        self._model, self._terms, self._lock = model, terms, lock
        self.names = [term.name for term in terms]
        self.dream = make_dream(model, terms)
        guided = _guided_terms(model, terms)
        self._guided = [term["layer"] for term in guided]
        self._objective = GivenObjective([*self.dream.objective.terms, *guided])
        ascent = steered(self.dream, SteeredGivenAscent, self._objective)
        self._step = trace_step(ascent, self._objective)
        self._presets: dict[str, GivenAscent] = {}

    def begin(self, name: str, source: Array, second: Array | None) -> tuple[Array, dict[str, Any]]:
        """Beginning of a dream on a term, and the dictionary of `given`.

        A second sound guides a dream on a layer, see `objectives.guided`; a dream on a class
        begins with it, see `deepdream.imprint`.

        Args:
            name: the term's.
            source: float32 `(1, samples)`.
            second: float32 `(1, samples)`, or `None`.

        Returns:
            float32 `(1, samples)`, and the weights.

        Raises:
            InputError: if the second sound is no guide.
        """
        number = self.names.index(name)
        given = self._objective.numbers()
        if second is not None and self._terms[number].is_class:
            guide = fitted(second, source.shape[1])[np.newaxis]
            source = imprint(source, guide, self.dream.analysis)
        elif second is not None:
            layer = _layer_of(self._terms[number])
            with self._lock:
                found = named_second(lambda: self._guide(layer, second))
            place = self._guided.index(layer)
            given[place] = found
            number = len(self._terms) + place
        row = np.eye(len(self._objective.terms), dtype="float32")[number : number + 1]
        return source, weights_of(row, given)

    def _guide(self, layer, second):
        """Weights of a layer's channels, of a sound that is long enough for the layers."""
        guide = self.dream.ascent.check(second)
        return objectives.guided(self._model, [layer], [guide]).terms[0]["settings"]["weights"]

    def choose(self, name: str, strength: float, steps: int) -> Choice:
        """See `choices.choose`."""
        return choose(self._terms, name, strength, steps)

    def steer(
        self, beginning: Array, chosen: Choice, weights: dict[str, Any], watch: Watch
    ) -> tuple[Array, Array]:
        """The dream at a strength, and the objective before each step; see `flow.ascend`."""
        octaves, bins = self.dream.settings.octaves, self.dream.analysis.num_bins
        total, history, dreamed = octaves * chosen.steps, [], beginning

        def step(**inputs):
            with self._lock:
                made = self._step(**{**inputs, "weights": weights})
                return {name: value.numpy() for name, value in made.items()}

        for made in dream_steps(step, beginning, chosen, octaves, bins):
            dreamed = made["dream"]
            history.append(made["objective"])
            if not watch(len(history), total, float(made["objective"][0])):
                break
        return dreamed, np.stack(history)

    def ascend(
        self, beginning: Array, preset: str, asked: int, weights: dict[str, Any], watch: Watch
    ) -> tuple[Array, Array]:
        """The dream of a preset, and the objective before each step; see `flow.ascend`."""
        if preset not in self._presets:
            chosen = settings.choose("sound", preset)
            shape = self._model.inputs[0].shape
            param = SpectrogramParam(chosen, self.dream.analysis, shape, self._model.name)
            self._presets[preset] = GivenAscent(self._model, self._objective, param, chosen)
        return ascend(self._presets[preset], beginning, weights, asked, watch, self._lock)


def _layer_of(term):
    return term.objective.terms[0]["layer"]


def _guided_terms(model, terms):
    """A term of guides for each layer that is offered, whose numbers are 0."""
    layers = dict.fromkeys(_layer_of(term) for term in terms if not term.is_class)
    return [
        {
            "kind": "guided",
            "layer": layer,
            "weight": 1.0,
            "settings": {"weights": [0.0] * output_shape(model, layer)[-1]},
        }
        for layer in layers
    ]
