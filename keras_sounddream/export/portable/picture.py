"""A dream of a picture in operations that LiteRT and ONNX have.

Each octave has a size of its own, and so a loop of its own. An octave's size is reached by products
with two matrices, one down and one across, since LiteRT cannot average where a picture shrinks.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_sounddream.deepdream.ascent.loop import ascend
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.params.pixels import PixelParam, octave_size
from keras_sounddream.deepdream.params.spectrogram import State
from keras_sounddream.export.portable.ascent import PortableAscent
from keras_sounddream.export.portable.gradients.shape_helpers import sizes
from keras_sounddream.types import Tensor


def make_dream(dream: DeepDream) -> Callable[[Tensor], Tensor]:
    """The whole dream as a function of pictures `(batch, height, width, 3)`, for a `tf.function`.

    Where the size is known, octaves are reached by constants.

    Raises:
        InputError: if a setting of the dream has no portable form.
    """
    ascent = make_ascent(dream)
    flow = PictureFlow(ascent.settings.octaves, ascent.settings.steps)

    def dreamed(picture):
        return tf.ensure_shape(ascend(ascent.operations(), picture, flow, None), picture.shape)

    return dreamed


class PictureFlow:
    """Repeats `ascend` octave by octave, each in one round of all its steps."""

    def __init__(self, octaves: int, steps: int):
        self._octaves, self._steps = octaves, steps

    def octaves(self, octave: Callable, state: State) -> State:
        """Calls `octave(number, state)` for each octave: the last state."""
        for number in range(self._octaves):
            state = octave(number, state)
        return state

    def rounds(self, a_round: Callable, octave: int, state: State, slots: tuple) -> State:
        """Calls `a_round(done, count, state, slots)` once."""
        return a_round(0, self._steps, state, slots)[0]

    def steps(self, advance: Callable, *position: Any) -> tuple[State, tuple]:
        """Calls `advance(state, slots, octave, done, count)`: state and slots."""
        state, slots, _ = advance(*position)
        return state, slots


def make_ascent(dream: DeepDream, resize: Callable | None = None) -> PortableAscent:
    """The portable ascent of a dream of pictures, whose octaves are reached by `resize`."""
    return PortableAscent(dream, PortablePixels(dream, resize or stretch))


class PortablePixels(PixelParam):
    """`PixelParam` whose sizes are constants where they are known."""

    def __init__(self, dream: DeepDream, resize: Callable):
        super().__init__(dream.settings, dream.model.inputs[0].shape, dream.model.name, resize)

    def move(self, picture: Tensor, shift: Tensor) -> Tensor:
        return _rolled(picture, shift)

    def grid(self, octave: Any) -> Any:
        """Factors of an octave of a known number; a step takes none: its picture is as coarse."""
        return tuple(self.grids[octave]) if isinstance(octave, int) else None

    def finish(self, state: State) -> Tensor:
        """Picture that is given out: the last octave has the source's size."""
        if self.settings.keep_source_detail:
            return self.limit(state["source"] + (state["variable"] - state["base"]))
        return self.limit(state["variable"])

    def size(self, state: State, grid: tuple) -> Any:
        """Rows and columns of an octave: list of int, or a tensor where they are not known."""
        picture = state["source"]
        if None in picture.shape[1:3]:
            return octave_size(tf.shape(picture)[1:3], *grid)
        with tf.init_scope():
            return octave_size(tf.constant(picture.shape[1:3]), *grid).numpy().tolist()


def stretch(picture: Tensor, size: Any) -> Tensor:
    """As `pixels.resize`, by matrices: constants, where the sizes are known."""
    _, height, width, _ = sizes(picture)
    known = tf.get_static_value(size)
    rows, columns = tf.unstack(size) if known is None else map(int, known)
    if known is not None and list(known) == list(picture.shape[1:3]):
        return picture
    planes = tf.transpose(picture, [0, 3, 1, 2])
    planes = tf.matmul(planes, _matrix(width, columns))
    planes = tf.matmul(tf.transpose(planes, [0, 1, 3, 2]), _matrix(height, rows))
    return tf.transpose(planes, [0, 3, 2, 1])


def _matrix(length, stretched):
    """The matrix `(length, stretched)` that resizes an axis, under a triangle that adds up to 1."""
    if isinstance(length, int) and isinstance(stretched, int):
        with tf.init_scope():
            unit = tf.eye(length)[tf.newaxis, :, :, tf.newaxis]
            resized = tf.image.resize(unit, (length, stretched), "bilinear", antialias=True)
            return resized[0, :, :, 0].numpy()
    scale = 1 / (tf.cast(stretched, "float32") / tf.cast(length, "float32"))
    centres = (tf.cast(tf.range(stretched), "float32") + 0.5) * scale
    positions = tf.cast(tf.range(length), "float32") + 0.5
    distance = tf.abs(positions[:, tf.newaxis] - centres) / tf.maximum(scale, 1.0)
    shares = tf.nn.relu(1 - distance)
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
