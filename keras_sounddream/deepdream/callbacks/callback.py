"""Callbacks of a dream, after Keras's callbacks of training: the base class and early stopping."""

from typing import Any

import numpy as np

from keras_sounddream.checks import check, integer, number


class Callback:
    """Base class of callbacks: override the hooks that are needed.

    A dream calls `on_dream_begin`; for each octave `on_octave_begin`, `on_step_end` after each
    step, and `on_octave_end`; at last `on_dream_end`. Octaves count from 0, steps from 0 through
    all octaves. Sounds and pictures in `logs` are float32 `(batch, samples)` in [-1, 1] or
    `(batch, height, width, 3)` in [0, 255]. A hook may set `self.dream.stop_octave = True` to end
    the octave.

    Attributes:
        dream: the calling `DeepDream`, set before `on_dream_begin`.
    """

    dream: Any = None

    def set_dream(self, dream: Any) -> None:
        """Sets the calling `DeepDream`."""
        self.dream = dream

    def on_dream_begin(self, logs: dict[str, Any]) -> None:
        """Called before the first step; `logs["source"]` holds the input."""

    def on_octave_begin(self, octave: int, logs: dict[str, Any]) -> None:
        """Called before an octave's first step; `logs["dream"]` holds the dream so far."""

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        """Called after each step.

        `logs["objective"]` is float32 `(batch,)`, the score before the step; `logs["make"]()`
        returns the dream so far.
        """

    def on_octave_end(self, octave: int, logs: dict[str, Any]) -> None:
        """Called after an octave's last step; `logs["dream"]` holds the dream so far."""

    def on_dream_end(self, logs: dict[str, Any]) -> None:
        """Called after the last octave; `logs["dream"]` holds the finished dream."""


class EarlyStop(Callback):
    """Ends an octave whose objective, averaged over the batch, has stopped rising.

    Args:
        patience: steps without a sufficient rise after which the octave ends.
        least_rise: sufficient rise over the octave's best objective, as a fraction of that.

    Raises:
        InputError: if `patience` is below 1 or `least_rise` below 0.
    """

    def __init__(self, patience: int = 5, least_rise: float = 0.01):
        self.patience = check("patience", patience, integer(1))
        self.least_rise = check("least_rise", least_rise, number(0))

    def on_octave_begin(self, octave: int, logs: dict[str, Any]) -> None:
        """Starts anew."""
        self._best, self._waited = -np.inf, 0

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        """Counts steps without a sufficient rise."""
        score = float(np.mean(logs["objective"]))
        if score > self._best + self.least_rise * abs(self._best) or self._best == -np.inf:
            self._best, self._waited = score, 0
        else:
            self._waited += 1
        if self._waited >= self.patience:
            self.dream.stop_octave = True
