"""Sounds of the demo server's visitors: read within limits, written at their own rate."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array
from keras_sounddream.web.server.jobs import Order
from keras_sounddream.workflows.media import SOUND_FILES, Source
from keras_sounddream.workflows.short_sounds import ShortSound


class Canvas:
    """The sound of an order, as a network gets it and as its dream is written.

    Args:
        order: of a visitor.
        model: that takes the sound.

    Attributes:
        heard: float32 `(1, samples)`, at the model's rate.

    Raises:
        InputError: if the file cannot be read, or lasts too long.
    """

    def __init__(self, order: Order, model: keras.Model):
        self._started, self._output, self._model = time.perf_counter(), order.output, model
        source = read(order.sound, order.most_seconds, model)
        self._sound = ShortSound(source, order.output, Rendering(), True)
        self.heard = self._sound.heard(find_sample_rate(model))

    def write(self, dreamed: Array, history: Array, analysis: Analysis) -> None:
        """Writes the dream, with the sound's rate and channels; `history` is `(steps, 1)`."""
        result = DreamResult(
            source=self.heard,
            dream=dreamed,
            analysis=analysis,
            objective=history,
            objective_before=history[0],
            objective_believed=history[-1],
            objective_real=history[-1],
            seconds=time.perf_counter() - self._started,
            layers=(),
            name=self._model.name,
        )
        self._sound.write(self._output, result, analysis, True)


def read(path: pathlib.Path, most_seconds: float, model: keras.Model) -> Source:
    """The sound in a file.

    Raises:
        InputError: if it cannot be read, or lasts too long.
    """
    source = SOUND_FILES.read(path, model)
    seconds = source.data.shape[1] / source.sample_rate
    if source.is_long or seconds > most_seconds:
        raise InputError(f"Expected at most {most_seconds:g} s of sound: cut a piece out.")
    return source


def read_second(order: Order, model: keras.Model) -> Array | None:
    """The second sound at a model's rate, float32 `(1, samples)`; `None` where there is none.

    Raises:
        InputError: if it cannot be read or lasts too long, and says that it is the second.
    """
    if order.second is None:
        return None
    second = order.second
    source = named_second(lambda: read(second, order.most_seconds, model))
    return np.asarray(source.at(find_sample_rate(model)), "float32")


def named_second(work: Callable[[], Any]) -> Any:
    """What `work` returns; its errors say that they are of the second sound."""
    try:
        return work()
    except InputError as error:
        raise InputError(f"The second sound: {error}") from None
