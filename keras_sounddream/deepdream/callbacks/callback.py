"""What is called while a dream goes on, in Keras's manner.

A dream calls, in this order: `on_dream_begin`; for each octave `on_octave_begin`, `on_step_end`
after each step, `on_octave_end`; at last `on_dream_end`.
"""

import numpy as np


class Callback:
    """Base of callbacks: override what is needed.

    Attributes:
        dream: the `DeepDream` that calls, set before `on_dream_begin`.
    """

    dream = None

    def set_dream(self, dream):
        """Takes the dream that calls.

        Args:
            dream: `DeepDream`.
        """
        self.dream = dream

    def on_dream_begin(self, logs):
        """Is called before the first step.

        Args:
            logs: dict with `source`, float32 `(batch, samples)` or `(batch, height, width, 3)`.
        """

    def on_octave_begin(self, octave, logs):
        """Is called before the first step of an octave.

        Args:
            octave: int, from 0.
            logs: dict with `dream`, the sound or picture so far, shaped as `source`.
        """

    def on_step_end(self, step, logs):
        """Is called after each step.

        Args:
            step: int, from 0, counted through all octaves.
            logs: dict with `objective`, float32 `(batch,)`, read before the step was made, and
                `make`, a function without arguments that gives the sound or picture so far.
        """

    def on_octave_end(self, octave, logs):
        """Is called after the last step of an octave.

        Args:
            octave: int, from 0.
            logs: dict with `dream`, the sound or picture so far, shaped as `source`.
        """

    def on_dream_end(self, logs):
        """Is called at the end.

        Args:
            logs: dict with `dream`, the finished sounds or pictures.
        """


class EarlyStop(Callback):
    """Ends an octave whose objective has flattened.

    Args:
        patience: int, steps without enough of a rise.
        least_rise: float, rise over the best so far that counts, as a part of it.
    """

    def __init__(self, patience=5, least_rise=0.01):
        self.patience = patience
        self.least_rise = least_rise

    def on_octave_begin(self, octave, logs):
        """Forgets the octave before."""
        self._best, self._waited = -np.inf, 0

    def on_step_end(self, step, logs):
        """Counts steps that raised the mean objective of the batch too little."""
        score = float(np.mean(logs["objective"]))
        if score > self._best + self.least_rise * abs(self._best) or self._best == -np.inf:
            self._best, self._waited = score, 0
        else:
            self._waited += 1
        if self._waited >= self.patience:
            self.dream.stop_octave = True
