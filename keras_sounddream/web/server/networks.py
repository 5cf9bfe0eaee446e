"""Networks of the demo server: each classifies files of sound, and dreams them at full rate."""

from __future__ import annotations

import pathlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_sounddream.applications.classify import classify_file
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.errors import InputError
from keras_sounddream.web.choices import choose, describe, find_terms, flat_labels
from keras_sounddream.web.steering import dream_steps, make_dream, steered
from keras_sounddream.workflows.media import SOUND_FILES
from keras_sounddream.workflows.short_sounds import ShortSound


class Network:
    """A network that visitors classify and dream with.

    One graph serves all choices, so memory does not grow with what visitors choose.

    Args:
        model: takes waveforms of any length.
        layers: layers that are offered; see `choices.find_terms`.
        classes: classes that are offered.

    Attributes:
        description: for the page.
        names: of what it dreams on.
    """

    def __init__(self, model: keras.Model, layers: Sequence[str] = (), classes: Sequence[str] = ()):
        self._model, self._terms = model, find_terms(model, layers, classes)
        self._dream = make_dream(model, self._terms)
        self._traced = steered(self._dream).trace_step()
        self._lock = threading.Lock()  # classifying and dreaming share the processor's cores
        self.description = describe(model, self._terms)
        self.names = [term.name for term in self._terms]

    def classify(self, path: pathlib.Path, most_seconds: float) -> list[dict[str, Any]]:
        """Classes of a file's sound, highest first; none for a network without labels."""
        labels = flat_labels(self._model)
        if not labels:
            return []
        self._read(path, most_seconds)
        with self._lock:
            best = classify_file(self._model, path, top=len(labels))
        return [{"label": label, "score": float(score)} for _, label, score in best]

    def dream(
        self,
        path: pathlib.Path,
        output: pathlib.Path,
        choice: dict[str, Any],
        most_seconds: float,
        watch: Callable[[int, int, float], bool],
    ) -> None:
        """Dreams a file, at its own rate and with its own channels.

        Args:
            path: of the sound.
            output: of the dream.
            choice: `on`, `strength` and `steps`, which are allowed.
            most_seconds: that the sound may last.
            watch: called with the steps done, all steps, and the objective before the last; it
                tells whether to go on. Otherwise the dream so far is written.

        Raises:
            InputError: if the sound cannot be dreamed on.
        """
        started = time.perf_counter()
        sound = ShortSound(self._read(path, most_seconds), output, Rendering(), True)
        source = self._dream.ascent.check(sound.heard(self._dream.sample_rate))
        chosen = choose(self._terms, choice["on"], choice["strength"], choice["steps"])
        octaves, bins = self._dream.settings.octaves, self._dream.analysis.num_bins
        total, history, dreamed = octaves * chosen.steps, [], source
        for made in dream_steps(self._step, source, chosen, octaves, bins):
            dreamed = made["dream"]
            history.append(made["objective"])
            if not watch(len(history), total, float(made["objective"][0])):
                break
        result = self._result(source, dreamed, np.stack(history), started)
        sound.write(output, result, self._dream.analysis, True)

    def _step(self, **inputs):
        with self._lock:
            return {name: value.numpy() for name, value in self._traced(**inputs).items()}

    def _result(self, source, dreamed, history, started):
        return DreamResult(
            source=source,
            dream=dreamed,
            analysis=self._dream.analysis,
            objective=history,
            objective_before=history[0],
            objective_believed=history[-1],
            objective_real=history[-1],
            seconds=time.perf_counter() - started,
            layers=(),
            name=self._model.name,
        )

    def _read(self, path, most_seconds):
        """The sound in a file that is not too long."""
        source = SOUND_FILES.read(path, self._model)
        seconds = source.data.shape[1] / source.sample_rate
        if source.is_long or seconds > most_seconds:
            raise InputError(f"Expected at most {most_seconds:g} s of sound: cut a piece out.")
        return source
