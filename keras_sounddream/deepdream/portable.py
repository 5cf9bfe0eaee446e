"""A dream in operations that LiteRT and ONNX have: what an exported file computes.

The numbers are those of `DeepDream`, to rounding: the same draws, grids and steps. What is drawn at
random, and the grids of the octaves, are constants of the graph, so the length is fixed.
"""

import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream import octaves, portable_picture, transforms
from keras_sounddream.deepdream.ascent import NORMALIZATIONS, SMOOTHINGS, Momentum
from keras_sounddream.deepdream.gradients import portable_gradient
from keras_sounddream.errors import InputError

_CHANGING = ("variable", "cosine", "sine")  # of a state, during the ascent


def make_dream(dream, num_samples, refresh_steps=10):
    """Makes the whole dream: of a sound as one loop, of a picture as one an octave.

    Args:
        dream: `DeepDream`.
        num_samples: int, length of the sound; `None` of a picture.
        refresh_steps: int, after how many steps the phase is taken anew.

    Returns:
        function from a waveform, float32 `(1, num_samples)`, or of pictures as of
        `portable_picture.make_dream`, to the dream, of the same shape; for a `tf.function`.

    Raises:
        InputError: if a setting of the dream has no portable form.
    """
    steps, canvas = dream.settings.steps, dream._untracked["canvas"]
    step = make_step(dream)
    if dream.of_pictures:
        return portable_picture.make_dream(dream, step)
    noise = transforms.dither(tf.zeros((1, num_samples)), dream.settings.seed).numpy()

    def body(i, changing, slots, still):
        octave, done = i // steps, i % steps
        state = {**still, **changing}
        state = canvas.enter_octave(state, tf.where(done == 0, octave, 0), 1.0, 1.0)
        anew = tf.logical_and(i > 0, done % refresh_steps == 0)
        changing = tf.cond(anew, lambda: _part(canvas.renew(state)), lambda: _part(state))
        slots = [slot * tf.cast(done > 0, "float32") for slot in slots]
        variable, slots, _ = step({**state, **changing}, slots, i)
        return i + 1, {**changing, "variable": variable}, slots

    def whole(waveform):
        state = canvas.begin_with(waveform + noise, waveform)
        still = {name: value for name, value in state.items() if name not in _CHANGING}
        slots = list(dream._untracked["updater"].begin(state["variable"]))
        _, changing, _ = tf.while_loop(
            lambda i, *_: i < dream.settings.octaves * steps,
            lambda i, changing, slots: body(i, changing, slots, still),
            (tf.constant(0), _part(state), slots),
        )
        return canvas.finish({**still, **changing})

    return whole


def make_step(dream):
    """Makes one step of the ascent.

    Args:
        dream: `DeepDream`.

    Returns:
        function of a state (dict of tensors, as of its canvas), slots (list of tensors, of
        `ascent.Momentum`) and the number of the step among those of all octaves (int32 scalar), to
        `(variable, slots, scores)`; for a
        `tf.function`, where its length is known.

    Raises:
        InputError: if a setting of the dream has no portable form.
    """
    _check(dream)
    settings, canvas = dream.settings, dream._untracked["canvas"]
    network, updater = dream._untracked["network"], dream._untracked["updater"]
    normalize, smooth = NORMALIZATIONS[settings.normalization], SMOOTHINGS[settings.smoothing]
    first_width, last_width = settings.smoothing_width
    move, draw = _mover(dream), _drawer(dream)
    names = [layer.name for layer in dream.model.layers]

    def step(state, slots, i):
        values = network.values()

        def score(variable):
            image = canvas.make({**state, "variable": variable})
            source = canvas.source(state) if dream.objective.needs_source else image
            maps = network.score_maps(move(image, i), move(source, i), values)
            factors = zip(dream._factors(None), maps, strict=True)
            return sum(f * tf.reduce_mean(m, list(range(1, len(m.shape)))) for f, m in factors)

        scores, gradient = portable_gradient(score, state["variable"], names)
        share = tf.cast(i % settings.steps, "float32") / max(settings.steps - 1, 1)
        gradient = draw(gradient, i // settings.steps)
        gradient = smooth(gradient, first_width + (last_width - first_width) * share)
        variable, slots = updater.step(state["variable"], normalize(gradient), slots)
        return canvas.limit(variable), list(slots), scores

    return step


def _check(dream):
    settings = dream.settings
    unfit = {
        "with zoom": settings.zoom,
        "of approximate tiles": settings.approximate and dream._tiles is not None,
        "normalized over tiles": settings.normalize_over == "tile" and dream._tiles is not None,
        "of pictures in bfloat16": dream.of_pictures and settings.precision != "float32",
        "by an optimizer of Keras's": not isinstance(dream._untracked["updater"], Momentum),
    }
    for reason, is_so in unfit.items():
        if is_so:
            raise InputError(f"A dream {reason} has no portable form: dream in TensorFlow.")


def _part(state):
    return {name: state[name] for name in _CHANGING}


def _mover(dream):
    """As `transforms.roll`, by shifts that are drawn beforehand."""
    if dream.of_pictures:
        return portable_picture.mover(dream)
    settings, most = dream.settings, dream._untracked["canvas"].roll
    if not most:
        return lambda waveform, i: waveform
    shifts = [
        transforms.draw_shift(1, most, settings.seed, tf.constant(i)).numpy()[0]
        for i in range(settings.octaves * settings.steps)
    ]

    def move(waveform, i):
        return _rolled(waveform, tf.gather(tf.constant(shifts), i))

    return move


@tf.custom_gradient
def _rolled(waveform, shift):
    def gradient(upstream):
        return _turned(upstream, -shift), None

    return _turned(waveform, shift), gradient


def _turned(waveform, shift):
    length = waveform.shape[1]
    start = tf.where(shift > 0, length - shift, -shift)
    twice = tf.concat([waveform, waveform], 1)
    return tf.slice(twice, tf.stack([0, start]), waveform.shape)


def _drawer(dream):
    """As `octaves.coarsen`, by matrices: one down and one across for each octave."""
    settings = dream.settings
    if settings.octaves == 1 or dream.of_pictures:
        return lambda gradient, octave: gradient
    factors = octaves.factors(settings.octaves, settings.time_factor, settings.frequency_factor)

    def draw(gradient, octave):
        _, frames, bins = gradient.shape
        with tf.init_scope():
            down = np.stack([_grid(frames, time) for time, _ in factors])
            across = np.stack([_grid(bins, frequency).T for _, frequency in factors])
        drawn = tf.matmul(tf.gather(tf.constant(down), octave), gradient)
        return tf.matmul(drawn, tf.gather(tf.constant(across), octave))

    return draw


def _grid(length, factor):
    """The matrix that averages an axis over the cells of a grid, and interpolates between them."""
    unit = tf.eye(length)[:, :, tf.newaxis]
    return octaves.coarsen(unit, factor, 1.0).numpy()[:, :, 0].T
