"""The parameterisation of a picture: its pixels, at one size after another."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream.params.beginnings import beginning
from keras_sounddream.deepdream.params.spectrogram import State, as_array
from keras_sounddream.deepdream.settings import Settings
from keras_sounddream.errors import InputError
from keras_sounddream.images.front_end import MODES as MODES
from keras_sounddream.images.front_end import preprocess as preprocess
from keras_sounddream.images.pixel_range import WHITE, check_pixels
from keras_sounddream.types import Array, Tensor

_LUMA = (0.299, 0.587, 0.114)  # shares of red, green and blue in brightness, ITU-R BT.601


def resize(picture: Tensor, size: Tensor) -> Tensor:
    """Pictures at another size `(height, width)`, averaged where they shrink."""
    return tf.cond(
        tf.reduce_all(tf.shape(picture)[1:3] == size),
        lambda: picture,
        lambda: tf.ensure_shape(
            tf.image.resize(picture, size, "bilinear", antialias=True), (None, None, None, 3)
        ),
    )


def octave_size(full: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Size of a picture of int `(2,)` at an octave, that many times smaller: at least 1."""
    size = tf.cast(full, "float32") / tf.stack([rows, columns])
    return tf.maximum(tf.cast(tf.round(size), "int32"), 1)


class PixelParam:
    """The parameterisation of a picture: its pixels, which gradient ascent changes.

    A state is a dictionary of tensors: `variable`, the dream at the octave's size; `base`, the
    input at that size; `source`, the input.

    Args:
        settings: `Settings` of a dream of pictures.
        input_shape: of the network: `(None, height, width, 3)`.
        name: of the network, for errors.
        resize: function of pictures and a size, by which octaves are reached.
    """

    kind = "picture"
    shift_axes = (1, 2)
    analysis = None
    renew = None  # pixels have no phase to renew
    transform = "dft"  # of a model's own front end, which networks of pictures have not

    def __init__(
        self,
        settings: Settings,
        input_shape: tuple = (None, None, None, 3),
        name: str = "the network",
        resize: Callable[[Tensor, Tensor], Tensor] = resize,
    ):
        self.settings = settings
        self.most_shift = settings.roll_pixels
        self.tile_lengths = [settings.tile_pixels] * 2
        self.grids = settings.grids
        self.resize = resize
        self._input_shape, self._name = tuple(input_shape), name

    def begin(self, source: Tensor) -> State:
        """State before the first step, of pictures `(batch, height, width, 3)` in [0, 255]."""
        return {"variable": beginning(source, self.settings), "base": source, "source": source}

    def made_shape(self, shape: Any) -> Any:
        """Shape of the dreams of inputs of a shape: the same."""
        return shape

    def grid(self, octave: Tensor) -> tuple[Tensor, Tensor]:
        """How many times fewer rows and columns an octave has than the source."""
        rows, columns = tf.unstack(tf.constant(self.grids)[octave])
        return rows, columns

    def size(self, state: State, grid: tuple) -> Tensor:
        """Rows and columns of an octave."""
        return octave_size(tf.shape(state["source"])[1:3], *grid)

    def enter_octave(self, state: State, octave: Tensor, grid: tuple) -> State:
        """State at the start of an octave: at its size, with some of the source mixed in."""
        size = self.size(state, grid)
        base = self.resize(state["source"], size)
        if self.settings.keep_source_detail:
            variable = base + self.resize(state["variable"] - state["base"], size)
        else:
            variable = self.resize(state["variable"], size)
        share = tf.where(octave == 0, 0.0, self.settings.source_mix)
        variable = share * base + (1 - share) * variable
        variable = self._coloured(variable, base)
        return {**state, "variable": self.limit(variable), "base": base}

    def make(self, state: State) -> Tensor:
        """Picture of a state, at the octave's size."""
        return state["variable"]

    def finish(self, state: State) -> Tensor:
        """Picture that is given out, at the source's size."""
        size = tf.shape(state["source"])[1:3]
        if self.settings.keep_source_detail:
            change = self.resize(state["variable"] - state["base"], size)
            return self.limit(state["source"] + change)
        return self.limit(self.resize(state["variable"], size))

    def source(self, state: State) -> Tensor:
        """The input, at the octave's size."""
        return state["base"]

    def move(self, picture: Tensor, shift: Tensor) -> Tensor:
        """Picture moved by a shift, int32 `(2,)` rows and columns; what leaves re-enters."""
        return tf.roll(picture, shift, self.shift_axes)

    def coarsen(self, gradient: Tensor, grid: tuple) -> Tensor:
        """The gradient as it is: the octave's picture is as coarse as its grid."""
        return gradient

    def project(self, variable: Tensor, state: State) -> Tensor:
        """Keeps pixels within their range, and the source's colours if asked to."""
        return self.limit(self._coloured(variable, state["base"]))

    def limit(self, variable: Tensor) -> Tensor:
        """Keeps pixels in [0, 255]."""
        return tf.clip_by_value(variable, 0.0, WHITE)

    def _coloured(self, variable, base):
        """The variable's brightness with the differences of colours that the base has."""
        if not self.settings.keep_color:
            return variable
        return base + tf.reduce_sum((variable - base) * _LUMA, axis=-1, keepdims=True)

    def step_size(self, step_size: Tensor) -> Tensor:
        """The step as it is: levels of a pixel."""
        return step_size

    def preprocess(self, picture: Tensor) -> Tensor:
        """The network's input."""
        return preprocess(picture, self.settings.preprocessing)

    def as_written(self, picture: Tensor) -> Tensor:
        """The picture as an 8-bit file holds it."""
        return tf.round(picture)

    def check(self, picture: Array) -> np.ndarray:
        """Checks pictures to dream on: float32 `(batch, height, width, 3)`.

        Raises:
            InputError: for another shape, NaN, or pixels out of [0, 255] or in [0, 1].
        """
        picture = as_array(picture, "a picture")
        picture = picture[None] if picture.ndim == 3 else picture
        if picture.ndim != 4 or picture.shape[-1] != 3 or not picture.size:
            raise InputError(
                "Expected a picture (height, width, 3) or (batch, height, width, 3) to dream on. "
                f"Received shape: {picture.shape}"
            )
        check_pixels(picture)
        (rows, columns), expected = picture.shape[1:3], self._input_shape[1:3]
        if any(e not in (None, n) for e, n in zip(expected, (rows, columns), strict=True)):
            raise InputError(
                f"{self._name} takes {expected[0]} x {expected[1]} pixels, no more and no fewer. "
                f"Received: {rows} x {columns}"
            )
        return picture

    def smallest_input(self, shape: tuple) -> tuple:
        """Shape of the network's smallest input during a dream of pictures of a shape."""
        settings = self.settings
        sizes = (
            max(round(length / factor ** (settings.octaves - 1)), 1)
            for length, factor in zip(
                shape[1:3], (settings.time_factor, settings.frequency_factor), strict=True
            )
        )
        return (1, *sizes, 3)

    def too_small(self, shape: tuple, layer: str, least: int | None) -> str:
        """Words an error: a layer outputs nothing for the first octave of pictures of a shape."""
        several = self.settings.octaves > 1
        rows, columns = self.smallest_input(shape)[1:3]
        return (
            f"{shape[1]} x {shape[2]} pixels are {rows} x {columns} in the first of "
            f"{self.settings.octaves} octaves, too few for layer {layer!r}: "
            f"{'dream in fewer octaves' if several else 'take a larger picture'}."
        )

    def larger_tiles(self, length: int) -> str:
        """Spells the setting for tiles of a length."""
        return f"tile_pixels={length}"
