"""A dream of a picture in operations that LiteRT and ONNX have.

Each octave has a size of its own, so that each is a loop of its own. An octave is brought to its
size by products with two matrices, one down and one across, since LiteRT cannot average where a
picture shrinks.
"""

import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream.params import octaves, transforms
from keras_sounddream.deepdream.params.pixels import Picture, octave_size
from keras_sounddream.export.portable.gradients.shape_helpers import sizes


def make_dream(dream, step):
    """Makes the whole dream of a picture.

    Args:
        dream: `DeepDream` of pictures.
        step: function, of `portable.make_step`.

    Returns:
        function from a picture, float32 `(batch, height, width, 3)` in [0, 255], to the dream, of
        the same shape; for a `tf.function`. Where the size is known, octaves are brought to theirs
        by constants.
    """
    settings, updater = dream.settings, dream.climb.updater
    canvas, last = _canvas(settings, stretch), _canvas(settings, _as_it_is)
    grids = octaves.factors(settings.octaves, settings.time_factor, settings.frequency_factor)

    def climb(state, octave):
        def body(i, variable, slots):
            changed, slots, _ = step({**state, "variable": variable}, slots, i)
            return i + 1, tf.ensure_shape(changed, variable.shape), slots

        start, slots = octave * settings.steps, list(updater.begin(state["variable"]))
        _, variable, _ = tf.while_loop(
            lambda i, *_: i < start + settings.steps,
            body,
            (tf.constant(start), state["variable"], slots),
        )
        return {**state, "variable": variable}

    def whole(picture):
        state = canvas.begin(picture, settings.seed)
        for octave, grid in enumerate(grids):
            state = climb(canvas.enter_size(state, octave, _size(picture, grid)), octave)
        return tf.ensure_shape(last.finish(state), picture.shape)

    return whole


def make_step(dream, step):
    """Makes a single step of the finest octave, as `DeepDream.step` does.

    Args:
        dream: `DeepDream` of pictures.
        step: function, of `portable.make_step`.

    Returns:
        function of a picture, float32 `(batch, height, width, 3)`, and the number of the step,
        int32 scalar, to `(dream, objective)`; for a `tf.function`.
    """
    canvas = _canvas(dream.settings, _as_it_is)

    def alone(picture, place):
        state = canvas.begin(picture, dream.settings.seed)
        slots = list(dream.climb.updater.begin(picture))
        variable, _, objective = step(state, slots, place)
        made = canvas.finish({**state, "variable": variable})
        return tf.ensure_shape(made, picture.shape), objective

    return alone


def mover(dream):
    """Makes the random moves of a dream's pictures, which are drawn beforehand.

    Args:
        dream: `DeepDream` of pictures.

    Returns:
        function of a picture, float32 `(batch, height, width, 3)`, and the number of the step,
        int32 scalar, to the picture that `transforms.roll` makes of it.
    """
    settings = dream.settings
    if not settings.roll_pixels:
        return lambda picture, i: picture
    with tf.init_scope():
        shifts = np.stack(
            [
                transforms.draw_shift(2, settings.roll_pixels, settings.seed, tf.constant(i))
                for i in range(settings.octaves * settings.steps)
            ]
        )
    return lambda picture, i: _rolled(picture, tf.gather(tf.constant(shifts), i))


def stretch(picture, size):
    """As `picture.resize`, by matrices: constants, where the sizes are known.

    Args:
        picture: float32 `(batch, height, width, channels)`.
        size: int `(2,)`, rows and columns: a list, or a tensor.

    Returns:
        float32 `(batch, *size, channels)`.
    """
    _, height, width, _ = sizes(picture)
    known = tf.get_static_value(size)
    rows, columns = tf.unstack(size) if known is None else map(int, known)
    if known is not None and list(known) == list(picture.shape[1:3]):
        return picture
    planes = tf.transpose(picture, [0, 3, 1, 2])
    planes = tf.matmul(planes, _matrix(width, columns))
    planes = tf.matmul(tf.transpose(planes, [0, 1, 3, 2]), _matrix(height, rows))
    return tf.transpose(planes, [0, 3, 2, 1])


def _canvas(settings, resize):
    return Picture(settings.roll_pixels, settings.source_mix, settings.keep_source_detail, resize)


def _as_it_is(picture, size):
    """In place of `stretch` where the size is already that: of the last octave, the source's."""
    return picture


def _size(picture, grid):
    """Rows and columns of an octave: list of int, or a tensor where they are not known."""
    if None in picture.shape[1:3]:
        return octave_size(tf.shape(picture)[1:3], *grid)
    with tf.init_scope():
        return octave_size(tf.constant(picture.shape[1:3]), *grid).numpy().tolist()


def _matrix(length, stretched):
    """The matrix `(length, stretched)` that resizes an axis, under a triangle that adds up to 1."""
    if isinstance(length, int) and isinstance(stretched, int):
        with tf.init_scope():
            unit = tf.eye(length)[tf.newaxis, :, :, tf.newaxis]
            made = tf.image.resize(unit, (length, stretched), "bilinear", antialias=True)
            return made[0, :, :, 0].numpy()
    scale = 1 / (tf.cast(stretched, "float32") / tf.cast(length, "float32"))
    middles = (tf.cast(tf.range(stretched), "float32") + 0.5) * scale
    places = tf.cast(tf.range(length), "float32") + 0.5
    apart = tf.abs(places[:, tf.newaxis] - middles) / tf.maximum(scale, 1.0)
    shares = tf.nn.relu(1 - apart)
    return shares / tf.reduce_sum(shares, 0)


@tf.custom_gradient
def _rolled(picture, shift):
    def gradient(upstream):
        return _turned(upstream, -shift), None

    return _turned(picture, shift), gradient


def _turned(picture, shift):
    lengths = sizes(picture)
    for axis in (1, 2):
        begin, size = [0] * 4, [-1 if n is None else n for n in picture.shape]
        by = shift[axis - 1]
        rest = tf.math.floormod(tf.abs(by), lengths[axis])  # ONNX's of numbers below 0 differs
        begin[axis] = tf.where(by > 0, lengths[axis] - rest, rest)
        size[axis] = lengths[axis]
        picture = tf.slice(tf.concat([picture, picture], axis), begin, size)
    return picture
