"""The ascent of a visitor: so many steps in each octave, watched, and stopped when it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from keras_sounddream.deepdream.ascent import loop
from keras_sounddream.deepdream.ascent.gradient_ascent import GradientAscent
from keras_sounddream.types import Array
from keras_sounddream.web.static import STEPS

Watch = Callable[[int, int, float], bool]  # steps done, all, objective: whether to go on
_MOST_STEPS = STEPS[-1][0]


class ServedFlow:
    """A `loop.Flow` that repeats in Python, step by step.

    Args:
        octaves: of the ascent.
        steps: in each octave.
        watch: called with the steps done, all steps, and the objective before the last; it tells
            whether to go on.
        lock: that is held during a step.

    Attributes:
        history: float32 arrays `(1,)`, the objective before each step.
    """

    def __init__(self, octaves: int, steps: int, watch: Watch, lock: threading.Lock):
        self._octaves, self._steps, self._watch, self._lock = octaves, steps, watch, lock
        self._goes_on = True
        self.history: list[Array] = []

    def octaves(self, octave: Callable, state: Any) -> Any:
        """See `loop.Flow`."""
        for number in range(self._octaves):
            if self._goes_on:
                state = octave(ops.convert_to_tensor(number), state)
        return state

    def rounds(self, a_round: Callable, octave: Any, state: Any, slots: Any) -> Any:
        """See `loop.Flow`."""
        for done in range(0, self._steps, loop.REFRESH_STEPS):
            if self._goes_on:
                count = min(loop.REFRESH_STEPS, self._steps - done)
                state, slots = a_round(ops.convert_to_tensor(done), count, state, slots)
        return state

    def steps(
        self, advance: Callable, state: Any, slots: Any, octave: Any, done: Any, count: Any
    ) -> tuple[Any, Any]:
        """See `loop.Flow`."""
        for number in range(count):
            if self._goes_on:
                with self._lock:
                    made = advance(state, slots, octave, done + number, ops.convert_to_tensor(1))
                    state, slots, scores = made
                    self.history.append(scores.numpy()[0])
                self._tell()
        return state, slots

    def _tell(self):
        total, objective = self._octaves * self._steps, float(self.history[-1][0])
        self._goes_on = self._watch(len(self.history), total, objective)


def share_of(steps: int, asked: int) -> int:
    """Steps per octave of a dream that has `steps`, for a visitor who asked for one of `STEPS`."""
    return max(1, steps * asked // _MOST_STEPS)


def ascend(
    ascent: GradientAscent,
    beginning: Array,
    weights: dict[str, Any],
    asked: int,
    watch: Watch,
    lock: threading.Lock,
) -> tuple[Array, Array]:
    """Ascends from a sound.

    Args:
        ascent: of a `given.GivenObjective`.
        beginning: float32 `(1, samples)`.
        weights: see `given`.
        asked: one of `STEPS`; the greatest stands for all the steps of the ascent's settings.
        watch: see `ServedFlow`.
        lock: see `ServedFlow`.

    Returns:
        the dream, float32 `(1, samples)`, and the objective before each step, `(steps, 1)`.
    """
    steps = share_of(ascent.settings.steps, asked)
    flow = ServedFlow(ascent.settings.octaves, steps, watch, lock)
    dreamed = loop.ascend(ascent.traced, ops.convert_to_tensor(beginning), flow, weights)
    return dreamed.numpy(), np.stack(flow.history)
