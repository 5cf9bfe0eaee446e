"""A dream step by step, watched by callbacks, and what is left of it."""

import time

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from keras_sounddream.audio.io import quantize
from keras_sounddream.deepdream.ascent.gradient_ascent import grids, rounds
from keras_sounddream.deepdream.inputs import batches, checks
from keras_sounddream.deepdream.result import DreamResult


def run(dream, image, progress, callbacks, weights):
    """Dreams, as `DeepDream.run`.

    Args:
        dream: `DeepDream`.
        image: as of `DeepDream.run`, as are the others.
        progress: likewise.
        callbacks: likewise.
        weights: likewise.

    Returns:
        `DreamResult`.
    """
    traced = dream.climb.traced
    source = tf.constant(checks.check(image, dream))
    checks.check_callbacks(callbacks)
    if weights is not None:
        weights = batches.read_weights(weights, len(dream.objective.terms), len(source))
    before = traced["read_only"](source, source, weights).numpy()
    start, history = time.perf_counter(), []
    for callback in callbacks:
        callback.set_dream(dream)
        callback.on_dream_begin({"source": source.numpy()})
    total = dream.settings.octaves * dream.settings.steps
    with tqdm(total=total, desc="dream", unit="step", disable=not progress) as bar:
        state = ascend(dream, source, weights, callbacks, history, bar)
    made = traced["finish"](state)
    for callback in callbacks:
        callback.on_dream_end({"dream": made.numpy()})
    believed = traced["read_only"](made, source, weights).numpy()
    seconds = time.perf_counter() - start
    written = tf.constant(_written(dream, made.numpy()))
    return DreamResult(
        source=source.numpy(),
        dream=made.numpy(),
        analysis=dream.analysis,
        objective=np.concatenate(history),
        objective_before=before,
        objective_believed=believed,
        objective_real=traced["read_only"](written, source, weights).numpy(),
        seconds=seconds,
        layers=tuple(dict.fromkeys([*dream.objective.layers, *dream.objective.logit_layers])),
        name=repr(dream.objective),
    )


def ascend(dream, source, weights, callbacks=(), history=None, bar=None):
    """Goes through all octaves.

    Args:
        dream: `DeepDream`.
        source: float32 tensor, sounds or pictures.
        weights: float32 `(batch, terms)`, or `None`.
        callbacks: sequence of `callbacks.Callback`.
        history: list that the objective of each step is added to.
        bar: progress bar.

    Returns:
        dict of tensors, the last state.
    """
    climb, steps, history = dream.climb, dream.settings.steps, [] if history is None else history
    traced = climb.traced
    state = traced["begin"](source)
    for octave, factor in enumerate(grids(dream.settings)):
        grid = [tf.constant(f, "float32") for f in factor]
        state = traced["enter"](state, tf.constant(octave), *grid)
        slots = climb.updater.begin(state["variable"])
        dream.stop_octave = False
        for callback in callbacks:
            callback.on_octave_begin(octave, {"dream": traced["finish"](state).numpy()})
        done = 0
        for count in rounds(steps):
            state = traced["renew"](state, tf.constant(octave), tf.constant(done))
            # One step a time only if somebody watches; the numbers are the same.
            for size in [1] * count if callbacks else [count]:
                place = octave * steps + done, done, size
                state, slots, scores = traced["advance"](
                    state, slots, *grid, *map(tf.constant, place), weights
                )
                history.append(scores.numpy())
                if bar is not None:
                    bar.update(size)
                done += size
                _tell_step(callbacks, traced, place[0], history[-1][-1], state)
                if dream.stop_octave:
                    break
            if dream.stop_octave:
                break
        for callback in callbacks:
            callback.on_octave_end(octave, {"dream": traced["finish"](state).numpy()})
    return state


def _tell_step(callbacks, traced, step, scores, state):
    def make():
        return traced["finish"](state).numpy()

    for callback in callbacks:
        callback.on_step_end(step, {"objective": scores, "make": make})


def _written(dream, made):
    """What is left of dreams in a file of 16-bit sound or 8-bit pixels."""
    if dream.of_pictures:
        return np.round(made)
    return quantize(made) / np.float32(32768)
