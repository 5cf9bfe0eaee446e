"""The loop of gradient ascent: octaves → rounds → steps, defined once.

`ascend` is the definition. It is written against `Operations` (what one stage computes) and a
`Flow` (how a runtime repeats): `WatchedFlow` repeats in Python, part by part, with callbacks;
`GraphFlow` in a TensorFlow graph. The loops of exported files are in `export.portable`, which says
which lines those runtimes force apart.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream.ascent.gradient_ascent import GradientAscent, Operations
from keras_sounddream.deepdream.ascent.tracing import relaxed_shape
from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor

if TYPE_CHECKING:
    from keras_sounddream.deepdream.callbacks.callback import Callback

REFRESH_STEPS = 10  # a sound's phase is taken anew from its waveform after so many steps


class Flow(Protocol):
    """The repetitions of `ascend`, as a runtime makes them."""

    def octaves(self, octave: Callable, state: Any) -> Any:
        """Calls `octave(number, state)` for each octave: the last state."""

    def rounds(self, a_round: Callable, octave: Any, state: Any, slots: Any) -> Any:
        """Calls `a_round(done, count, state, slots)` until an octave's steps are made."""

    def steps(
        self, advance: Callable, state: Any, slots: Any, octave: Any, done: Any, count: Any
    ) -> tuple[Any, Any]:
        """Calls `advance(state, slots, octave, done, count)`: state and slots."""


def ascend(operations: Operations, source: Tensor, flow: Flow, weights: Tensor | None) -> Tensor:
    """Gradient ascent, from coarse to fine.

    Args:
        operations: of a `GradientAscent`.
        source: float32 `(batch, samples)` or `(batch, height, width, 3)`.
        flow: how the runtime repeats.
        weights: float32 `(batch, terms)`, or `None`.

    Returns:
        float32 of the shape of `source`: the dream.
    """

    def octave(number, state):
        state = operations.enter_octave(state, number)

        def a_round(done, count, state, slots):
            state = operations.renew(state, number, done)
            return flow.steps(advance, state, slots, number, done, count)

        slots = operations.begin_update(state["variable"])
        return flow.rounds(a_round, number, state, slots)

    def advance(*position):
        return operations.advance(*position, weights)

    state = flow.octaves(octave, operations.begin(source))
    return operations.finish(state)


class WatchedFlow:
    """Repeats in Python, so that callbacks and a progress bar can watch.

    Args:
        ascent: what ascends.
        dream: `DeepDream`, whose `stop_octave` callbacks may set.
        callbacks: called after each stage.
        bar: progress bar of steps, or `None`.

    Attributes:
        history: float32 arrays `(count, batch)`, the objective before each step.
        last: state after the last octave so far.
    """

    def __init__(
        self,
        ascent: GradientAscent,
        dream: Any,
        callbacks: "Sequence[Callback]" = (),
        bar: Any = None,
    ):
        self._settings, self._finish = ascent.settings, ascent.traced.finish
        self._dream, self._callbacks, self._bar = dream, callbacks, bar
        self.history: list[np.ndarray] = []
        self.last: dict[str, Tensor] = {}

    def octaves(self, octave: Callable, state: Any) -> Any:
        for number in range(self._settings.octaves):
            state = self.last = octave(tf.constant(number), state)
        return state

    def rounds(self, a_round: Callable, octave: Any, state: Any, slots: Any) -> Any:
        self._dream.stop_octave = False
        self._tell("on_octave_begin", int(octave), state)
        for done, count in _rounds(self._settings.steps):
            state, slots = a_round(tf.constant(done), count, state, slots)
            if self._dream.stop_octave:
                break
        self._tell("on_octave_end", int(octave), state)
        return state

    def steps(
        self, advance: Callable, state: Any, slots: Any, octave: Any, done: Any, count: Any
    ) -> tuple[Any, Any]:
        # One step at a time only if somebody watches; the numbers are the same.
        for size in [1] * count if self._callbacks else [count]:
            state, slots, scores = advance(state, slots, octave, done, tf.constant(size))
            self.history.append(scores.numpy())
            if self._bar is not None:
                self._bar.update(size)
            logs = {"objective": self.history[-1][-1], "make": self._maker(state)}
            for callback in self._callbacks:
                callback.on_step_end(int(octave * self._settings.steps + done), logs)
            done = done + size
            if self._dream.stop_octave:
                break
        return state, slots

    def _maker(self, state):
        return lambda: self._finish(state).numpy()

    def _tell(self, event, octave, state):
        for callback in self._callbacks:
            getattr(callback, event)(octave, {"dream": self._finish(state).numpy()})


class GraphFlow:
    """Repeats in a TensorFlow graph: octaves in a loop, rounds too if `steps` is a tensor."""

    def __init__(self, octaves: int, steps: Tensor):
        self._octaves, self._steps = octaves, steps

    def octaves(self, octave: Callable, state: Any) -> Any:
        self._shapes = {name: relaxed_shape(tensor) for name, tensor in state.items()}
        _, state = tf.while_loop(
            lambda number, _: number < self._octaves,
            lambda number, state: (number + 1, octave(number, state)),
            (tf.constant(0), state),
            (tf.TensorShape(()), self._shapes),
        )
        return state

    def rounds(self, a_round: Callable, octave: Any, state: Any, slots: Any) -> Any:
        if not tf.is_tensor(self._steps):
            for done, count in _rounds(self._steps):
                state, slots = a_round(done, count, state, slots)
            return state

        def one(done, state, slots):
            count = tf.minimum(REFRESH_STEPS, self._steps - done)
            return (done + count, *a_round(done, count, state, slots))

        shapes = tf.nest.map_structure(relaxed_shape, (state, slots))
        _, state, _ = tf.while_loop(
            lambda done, *_: done < self._steps,
            one,
            (tf.constant(0), state, slots),
            (tf.TensorShape(()), *shapes),
        )
        return state

    def steps(
        self, advance: Callable, state: Any, slots: Any, octave: Any, done: Any, count: Any
    ) -> tuple[Any, Any]:
        state, slots, _ = advance(state, slots, octave, done, count)
        shaped = {name: tf.ensure_shape(value, self._shapes[name]) for name, value in state.items()}
        return shaped, slots


def ascend_in_graph(
    ascent: GradientAscent,
    source: Tensor,
    weights: Tensor | None = None,
    steps: Tensor | None = None,
    step_size: Tensor | None = None,
) -> Tensor:
    """The dream of `source` as one graph, with other steps or step size if given."""
    update = None if step_size is None else ascent.momentum(step_size)
    flow = GraphFlow(ascent.settings.octaves, ascent.settings.steps if steps is None else steps)
    dreamed = ascend(ascent.operations(update, steps), source, flow, weights)
    return tf.ensure_shape(dreamed, ascent.param.made_shape(source.shape))


def traced_ascent(ascent: GradientAscent) -> Callable[[Tensor, Tensor], Tensor]:
    """One graph of the dreams of pictures of all sizes.

    Returns:
        function of pictures, float32 `(batch, height, width, 3)`, and weights, float32 `(batch,
        terms)`, that gives the dreams.
    """
    pictures = tf.TensorSpec((None, None, None, 3), "float32")
    weights = tf.TensorSpec((None, len(ascent.objective.terms)), "float32")

    @tf.function(input_signature=[pictures, weights])
    def dream(source: Tensor, weights: Tensor) -> Tensor:
        return ascend_in_graph(ascent, source, weights)

    return dream


def check_callbacks(callbacks: Any) -> None:
    """Checks that callbacks are a list of `Callback`.

    Raises:
        InputError: if they are not.
    """
    if isinstance(callbacks, list | tuple) and not callbacks:
        return
    from keras_sounddream.deepdream.callbacks.callback import Callback

    several = isinstance(callbacks, list | tuple)
    if not several or not all(isinstance(each, Callback) for each in callbacks):
        raise InputError(f"`callbacks` must be a list of Callback. Received: {callbacks!r}")


def tell_begin(callbacks: "Sequence[Callback]", dream: Any, source: Tensor) -> None:
    """Tells callbacks that a dream of `source` begins."""
    for callback in callbacks:
        callback.set_dream(dream)
        callback.on_dream_begin({"source": source.numpy()})


def tell_end(callbacks: "Sequence[Callback]", dreamed: Tensor) -> None:
    """Tells callbacks what was dreamed."""
    for callback in callbacks:
        callback.on_dream_end({"dream": dreamed.numpy()})


def _rounds(steps):
    """Steps made before each round of an octave, and in it; the phase is renewed before each."""
    return [(done, min(REFRESH_STEPS, steps - done)) for done in range(0, steps, REFRESH_STEPS)]
