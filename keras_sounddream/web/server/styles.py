"""Style transfer of the demo server: a second sound's texture on a visitor's sound."""

from __future__ import annotations

import threading
from typing import Any

import keras
import numpy as np

from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.params.spectrogram import SpectrogramParam
from keras_sounddream.deepdream.style_transfer import StyleLayer, StyleTransfer, build
from keras_sounddream.deepdream.style_transfer.presets import choose
from keras_sounddream.web.server.flow import Watch, ascend
from keras_sounddream.web.server.given import GivenAscent, GivenObjective, weights_of
from keras_sounddream.web.server.jobs import Order
from keras_sounddream.web.server.sounds import Canvas, named_second, read_second

_OWN_WEIGHT = choose("sound")["content_weight"]
_WEIGHTS = {0.0: 2.0, 0.5: _OWN_WEIGHT, 1.0: 0.0}  # of the content, by a visitor's strength


class Style:
    """A network whose statistics of one sound are brought to another.

    One graph serves all sounds and strengths, from the first transfer on.

    Args:
        model: takes waveforms of any length, or a name of `style_transfer.NETWORKS`.

    Attributes:
        name: the network's.
    """

    def __init__(self, model: keras.Model | str):
        self._given, self._lock = model, threading.Lock()
        self.name = model if isinstance(model, str) else model.name
        self._ascent: GivenAscent | None = None

    def dream(self, order: Order, choice: dict[str, Any], watch: Watch) -> None:
        """Gives a file the style of a second one, at its own rate and with its own channels.

        Args:
            order: of a visitor, with a second sound.
            choice: `strength` from the content, 0, to the style alone, 1; and `steps`.
            watch: see `Network.dream`.

        Raises:
            InputError: if a sound cannot be used.
        """
        self._given = model = build(self._given)
        canvas, example = Canvas(order, model), read_second(order, model)
        ascent = self._settled(example)
        source = ascent.check(canvas.heard)
        weights = self._weights(ascent.objective, _as_loud(example, source), choice["strength"])
        dreamed, history = ascend(ascent, source, weights, choice["steps"], watch, self._lock)
        canvas.write(dreamed, history, ascent.param.analysis)

    def _settled(self, example):
        """The ascent of `StyleTransfer`; the numbers of its styles are inputs."""
        if self._ascent is None:
            dream = named_second(lambda: StyleTransfer(self._given, [example]).dream)
            objective = GivenObjective(dream.objective.terms)
            shape = dream.model.inputs[0].shape
            param = SpectrogramParam(dream.settings, dream.analysis, shape, self.name)
            self._ascent = GivenAscent(dream.model, objective, param, dream.settings)
        return self._ascent

    def _weights(self, objective, example, strength):
        """The dictionary of `given`: the statistics of an example, and the content's weight."""
        styles = [term for term in objective.terms if term["kind"] == "style"]
        targets = named_second(lambda: [self._target(term, example) for term in styles])
        content = np.interp(strength, list(_WEIGHTS), list(_WEIGHTS.values())) / _OWN_WEIGHT
        row = [1.0 if term["kind"] == "style" else content for term in objective.terms]
        return weights_of([row], targets)

    def _target(self, term, example):
        layer = StyleLayer(term["layer"], term["settings"]["statistic"], term["settings"]["over"])
        kind = {"statistic": layer.statistic, "over": layer.over}
        found = objectives.style(self._given, [layer.name], [example], **kind)
        return found.terms[0]["settings"]["target"]


def _as_loud(example, source):
    """An example at the loudness of a sound; a silent one as it is, for its check."""
    own, wanted = (np.sqrt(np.mean(np.square(sound))) for sound in (example, source))
    return example * (wanted / own) if own > 0 else example
