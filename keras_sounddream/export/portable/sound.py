"""A dream in operations that LiteRT and ONNX have: what an exported file computes.

The numbers are those of `DeepDream`, to rounding: the same draws, grids and steps. What is drawn at
random is a constant of the graph. The length may be any, or one: then the octaves' grids are
constants too, as LiteRT wants them, which runs graphs of one length only.
"""

import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream.ascent.updates import NORMALIZATIONS, SMOOTHINGS, Momentum
from keras_sounddream.deepdream.params import octaves, transforms
from keras_sounddream.errors import InputError
from keras_sounddream.export.portable import picture
from keras_sounddream.export.portable.gradients import portable_gradient
from keras_sounddream.export.portable.gradients.shape_helpers import sizes
from keras_sounddream.export.portable.resize import coarsen_frames

_CHANGING = ("variable", "cosine", "sine")  # of a state, during the ascent


def make_dream(dream, num_samples, refresh_steps=10):
    """Makes the whole dream: of a sound as one loop, of a picture as one an octave.

    Args:
        dream: `DeepDream`.
        num_samples: int, length of the sound; `None` for any, and of a picture.
        refresh_steps: int, after how many steps the phase is taken anew.

    Returns:
        function from a waveform, float32 `(1, num_samples)`, or of pictures as of
        `portable_picture.make_dream`, to the dream, of the same shape; for a `tf.function`, where a
        length that was given is known.

    Raises:
        InputError: if a setting of the dream has no portable form.
    """
    steps, canvas = dream.settings.steps, dream.climb.canvas
    step = make_step(dream)
    if dream.of_pictures:
        return picture.make_dream(dream, step)
    dither = make_dither(dream, num_samples)

    def body(i, changing, slots, still):
        octave, done = i // steps, i % steps
        state = {**still, **changing}
        state = canvas.enter_octave(state, tf.where(done == 0, octave, 0), 1.0, 1.0)
        anew = tf.logical_and(i > 0, done % refresh_steps == 0)
        changing = tf.cond(anew, lambda: _part(canvas.renew(state)), lambda: _part(state))
        slots = [slot * tf.cast(done > 0, "float32") for slot in slots]
        variable, slots, _ = step({**state, **changing}, slots, i)
        return i + 1, _part({**changing, "variable": variable}), slots

    def whole(waveform):
        state = canvas.begin_with(dither(waveform), waveform)
        still = {name: value for name, value in state.items() if name not in _CHANGING}
        slots = list(dream.climb.updater.begin(state["variable"]))
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
        `(variable, slots, scores)`; for a `tf.function`.

    Raises:
        InputError: if a setting of the dream has no portable form.
    """
    _check(dream)
    settings, canvas = dream.settings, dream.climb.canvas
    network, updater = dream.climb.network, dream.climb.updater
    normalize, smooth = NORMALIZATIONS[settings.normalization], SMOOTHINGS[settings.smoothing]
    first_width, last_width = settings.smoothing_width
    move, draw = _mover(dream), _drawer(dream)
    names = [layer.name for layer in dream.model.layers]

    with tf.init_scope():
        kernels = [value.numpy() for value in network.values()]

    def step(state, slots, i):
        values = [tf.constant(kernel) for kernel in kernels]  # not what a loop hands on

        def score(variable):
            image = canvas.make({**state, "variable": variable})
            source = canvas.source(state) if dream.objective.needs_source else image
            maps = network.score_maps(move(image, i), move(source, i), values)
            factors = zip(dream.climb.factors(None), maps, strict=True)
            return sum(f * tf.reduce_mean(m, list(range(1, len(m.shape)))) for f, m in factors)

        scores, gradient = portable_gradient(score, state["variable"], names)
        share = tf.cast(i % settings.steps, "float32") / max(settings.steps - 1, 1)
        gradient = draw(gradient, i // settings.steps)
        gradient = smooth(gradient, first_width + (last_width - first_width) * share)
        variable, slots = updater.step(state["variable"], normalize(gradient), slots)
        return canvas.limit(variable), list(slots), scores

    return step


def make_dither(dream, num_samples):
    """Makes what adds a dream's dither to a sound, as `transforms.dither`.

    Args:
        dream: `DeepDream` of sounds.
        num_samples: int, length of the sound; or `None` for any.

    Returns:
        function from float32 `(1, num_samples)` to the same shape.
    """
    noise = transforms.draw_dither(dream.settings.seed).numpy()
    if num_samples is not None:
        noise = transforms.repeat(noise, num_samples).numpy()
        return lambda waveform: waveform + noise
    return lambda waveform: waveform + transforms.repeat(noise, tf.shape(waveform)[1])


def _check(dream):
    settings = dream.settings
    unfit = {
        "with zoom": settings.scale,
        "of approximate tiles": settings.approximate and dream.climb.tiles is not None,
        "normalized over tiles": settings.normalize_over == "tile"
        and dream.climb.tiles is not None,
        "of pictures in bfloat16": dream.of_pictures and settings.precision != "float32",
        "by an optimizer of Keras's": not isinstance(dream.climb.updater, Momentum),
    }
    for reason, is_so in unfit.items():
        if is_so:
            raise InputError(f"A dream {reason} has no portable form: dream in TensorFlow.")


def _part(state):
    part = {name: state[name] for name in _CHANGING}
    for value in part.values():
        value.set_shape((1, None, None))  # the batch, which reshapes of any length forget
    return part


def _mover(dream):
    """As `transforms.roll`, by shifts that are drawn beforehand."""
    if dream.of_pictures:
        return picture.mover(dream)
    settings, most = dream.settings, dream.climb.canvas.roll
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
    length = sizes(waveform)[1]
    twice = tf.concat([waveform, waveform], 1)
    most = tf.math.floormod(tf.abs(shift), length)  # of positive numbers: tf2onnx truncates
    start = tf.where(shift > 0, length - most, most)
    turned = tf.slice(twice, [0, start], [-1, length])
    return tf.ensure_shape(turned, waveform.shape)


def _drawer(dream):
    """As `octaves.coarsen`: a branch for each octave, with matrices of its own."""
    settings = dream.settings
    if settings.octaves == 1 or dream.of_pictures:
        return lambda gradient, octave: gradient
    factors = octaves.factors(settings.octaves, settings.time_factor, settings.frequency_factor)

    def draw(gradient, octave, first=0):
        if first == len(factors) - 1:
            return gradient  # the finest grid is the spectrogram's own
        this, finer = (
            lambda: _drawn(gradient, *factors[first]),
            lambda: draw(gradient, octave, first + 1),
        )
        return tf.cond(octave == first, this, finer)

    return draw


def _drawn(gradient, time, frequency):
    _, frames, bins = gradient.shape
    down, up = (part.T for part in _through_grid(bins, frequency))
    if frames is None:
        return coarsen_frames(tf.matmul(tf.matmul(gradient, down), up), tf.constant(time))
    average, interpolate = _through_grid(frames, time)
    coarse = tf.matmul(tf.matmul(average, gradient), down)
    return tf.matmul(interpolate, tf.matmul(coarse, up))


def _through_grid(length, factor):
    """Matrices that average an axis over the cells of a grid, and that interpolate between them."""
    cells = max(int(np.round(np.float32(length) / np.float32(factor))), 1)  # as `coarsen` rounds
    with tf.init_scope():
        fine, coarse = (tf.eye(size)[:, :, tf.newaxis] for size in (length, cells))
        average = tf.image.resize(fine, (cells, length), "area")
        interpolate = tf.image.resize(coarse, (length, cells), "bilinear")
        return average[..., 0].numpy(), interpolate[..., 0].numpy()
