"""Networks of the demo server: each classifies files of sound, and dreams them at full rate."""

from __future__ import annotations

import math
import pathlib
import threading
from collections.abc import Sequence
from typing import Any

import keras

from keras_sounddream.applications.classify import classify_file
from keras_sounddream.web.choices import LEAST_SECONDS, describe, find_terms, flat_labels
from keras_sounddream.web.server.ascents import Ascents
from keras_sounddream.web.server.flow import Watch
from keras_sounddream.web.server.jobs import Order
from keras_sounddream.web.server.presets import strength_of
from keras_sounddream.web.server.sounds import Canvas, read, read_second

_SHORT_SECONDS = 1.0  # terms that need longer sounds have graphs of their own


class Network:
    """A network that visitors classify and dream with.

    Its graphs serve all choices, so memory does not grow with what visitors choose.

    Args:
        model: takes waveforms of any length.
        layers: layers that are offered; see `choices.find_terms`.
        classes: classes that are offered.

    Attributes:
        description: for the page.
        names: of what it dreams on.
    """

    def __init__(self, model: keras.Model, layers: Sequence[str] = (), classes: Sequence[str] = ()):
        self._model, terms = model, find_terms(model, layers, classes)
        self._lock = threading.Lock()  # classifying and dreaming share the processor's cores
        whole = Ascents(model, terms, self._lock)
        needs = _least_seconds(whole.dream, terms)
        groups = [
            [term for term in terms if (needs[term.name] > _SHORT_SECONDS) == is_long]
            for is_long in (False, True)
        ]
        self._groups = [whole]
        if all(groups):
            self._groups = [Ascents(model, group, self._lock) for group in groups]
        self.description = {**describe(model, terms), "least_seconds": min(needs.values())}
        self.names = [term.name for term in terms]

    def classify(self, path: pathlib.Path, most_seconds: float) -> list[dict[str, Any]]:
        """Classes of a file's sound, highest first; none for a network without labels."""
        labels = flat_labels(self._model)
        if not labels:
            return []
        read(path, most_seconds, self._model)
        with self._lock:
            best = classify_file(self._model, path, top=len(labels))
        return [{"label": label, "score": float(score)} for _, label, score in best]

    def dream(self, order: Order, choice: dict[str, Any], watch: Watch) -> None:
        """Dreams a file, at its own rate and with its own channels.

        Args:
            order: of a visitor; for a second sound see `Ascents.begin`.
            choice: `on`, `strength` or `preset`, and `steps`, which are allowed.
            watch: called with the steps done, all steps, and the objective before the last; it
                tells whether to go on. Otherwise the dream so far is written.

        Raises:
            InputError: if a sound cannot be dreamed on.
        """
        name, steps, strength = choice["on"], choice["steps"], strength_of(choice)
        ascents = next(group for group in self._groups if name in group.names)
        canvas = Canvas(order, self._model)
        source = ascents.dream.ascent.check(canvas.heard)
        beginning, weights = ascents.begin(name, source, read_second(order, self._model))
        if strength is None:
            made = ascents.ascend(beginning, choice["preset"], steps, weights, watch)
        else:
            chosen = ascents.choose(name, strength, steps)
            made = ascents.steer(beginning, chosen, weights, watch)
        canvas.write(*made, ascents.dream.analysis)


def _least_seconds(dream, terms):
    """Least length of a sound for each term, in hundredths of 1 s, by the term's name."""
    extractor, rate = dream.ascent.extractor, dream.sample_rate
    length = round(LEAST_SECONDS * rate)
    shape = dream.ascent.param.smallest_input((1, length))
    if extractor.first_empty(shape) is None:
        return {term.name: LEAST_SECONDS for term in terms}
    layers = {term.name: term.objective.terms[0]["layer"] for term in terms}
    found = {layer: extractor.least_length(layer, shape) for layer in set(layers.values())}
    seconds = {
        # the next length is found of a layer that this one is enough for
        layer: LEAST_SECONDS if least in (None, length + 1) else math.ceil(100 * least / rate) / 100
        for layer, least in found.items()
    }
    return {name: seconds[layer] for name, layer in layers.items()}
