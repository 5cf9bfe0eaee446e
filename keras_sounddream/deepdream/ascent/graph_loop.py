"""A dream as one graph: what is called, predicted, and exported to TensorFlow."""

import tensorflow as tf

from keras_sounddream.deepdream.ascent.gradient_ascent import REFRESH_STEPS, grids, rounds
from keras_sounddream.deepdream.ascent.tracing import relaxed_shape


def dream(climb, source, weights, steps=None, step_size=None):
    """Makes the whole dream, as one graph.

    Args:
        climb: `Climb`.
        source: float32 `(batch, samples)` or `(batch, height, width, 3)`.
        weights: float32 `(batch, terms)`, or `None`.
        steps: int, an octave, or int32 scalar; by default the settings'.
        step_size: float scalar, dB or levels; by default the settings'.

    Returns:
        float32, the shape of `source`.
    """
    settings = climb.settings
    factors = tf.constant(grids(settings), "float32")
    updater = climb.updater if step_size is None else climb.momentum(step_size)
    steps = settings.steps if steps is None else steps
    state = climb.begin(source)
    loose = {name: relaxed_shape(tensor) for name, tensor in state.items()}

    def one_octave(octave, state):
        grid = tf.unstack(factors[octave])
        state = climb.enter(state, octave, *grid)

        def one_round(done, count, state, slots):
            place = octave * steps + done, done, count
            state = climb.renew(state, octave, done)
            state, slots, _ = climb.advance_by(updater, steps, state, slots, grid, place, weights)
            state = {name: tf.ensure_shape(value, loose[name]) for name, value in state.items()}
            return done + count, state, slots

        state = _in_rounds(one_round, steps, state, updater.begin(state["variable"]))
        return octave + 1, state

    _, state = tf.while_loop(
        lambda octave, _: octave < settings.octaves,
        one_octave,
        (tf.constant(0), state),
        (tf.TensorShape(()), loose),
    )
    return tf.ensure_shape(climb.finish(state), source.shape)


def _in_rounds(one_round, steps, state, slots):
    """Makes an octave's steps, the phase taken anew after some; in a loop if `steps` varies."""
    if not tf.is_tensor(steps):
        done = 0
        for count in rounds(steps):
            done, state, slots = one_round(done, count, state, slots)
        return state
    loose = tf.nest.map_structure(relaxed_shape, (state, slots))
    _, state, _ = tf.while_loop(
        lambda done, *_: done < steps,
        lambda done, *rest: one_round(done, tf.minimum(REFRESH_STEPS, steps - done), *rest),
        (tf.constant(0), state, slots),
        (tf.TensorShape(()), *loose),
    )
    return state
