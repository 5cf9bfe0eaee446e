"""A dream of a sound in operations that LiteRT and ONNX have.

The numbers are those of `DeepDream`, to rounding. The length may be any, or one: then the octaves'
grids are constants too, as LiteRT wants them, which runs graphs of one length only.

The loop of `deepdream.ascent.loop.ascend` is flattened into one over the steps of all octaves,
since tf2onnx finds cycles in loops within loops of sounds whose length is not known. In LiteRT the
nested loops gave the same numbers, to the bit, and were no quicker.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream.ascent.loop import REFRESH_STEPS
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.params.spectrogram import (
    SpectrogramParam,
    draw_dither,
    repeat,
)
from keras_sounddream.export.portable.ascent import PortableAscent
from keras_sounddream.export.portable.gradients.shape_helpers import sizes
from keras_sounddream.export.portable.resize import coarsen_frames
from keras_sounddream.types import Tensor

_CHANGING = ("variable", "cosine", "sine")  # of a state, during the ascent


def make_dream(
    dream: DeepDream, num_samples: int | None, refresh_steps: int = REFRESH_STEPS
) -> Callable[[Tensor], Tensor]:
    """The whole dream as a function of a waveform `(1, num_samples)`, for a `tf.function`.

    `num_samples` is `None` for any length; the phase is renewed after `refresh_steps`.
    """
    ascent = make_ascent(dream, num_samples)
    param, steps = ascent.param, ascent.settings.steps
    total = ascent.settings.octaves * steps

    def one_step(number, changing, slots, constant):
        octave, done = number // steps, number % steps
        state = {**constant, **changing}
        # The source is mixed in at an octave's first step; octave 0 mixes in nothing.
        state = param.enter_octave(state, tf.where(done == 0, octave, 0), (1.0, 1.0))
        is_round = tf.logical_and(number > 0, done % refresh_steps == 0)
        changing = tf.cond(is_round, lambda: _part(param.renew(state)), lambda: _part(state))
        slots = [slot * tf.cast(done > 0, "float32") for slot in slots]
        variable, slots, _ = ascent.step_all({**state, **changing}, slots, number)
        return number + 1, _part({**changing, "variable": variable}), list(slots)

    def dreamed(waveform):
        state = param.begin(waveform)
        constant = {name: value for name, value in state.items() if name not in _CHANGING}
        _, changing, _ = tf.while_loop(
            lambda number, *_: number < total,
            lambda number, changing, slots: one_step(number, changing, slots, constant),
            (tf.constant(0), _part(state), list(ascent.update.begin(state["variable"]))),
        )
        return param.finish({**constant, **changing})

    return dreamed


def make_ascent(dream: DeepDream, num_samples: int | None) -> PortableAscent:
    """The portable ascent of a dream of sounds of a length, or `None` for any.

    Raises:
        InputError: if a setting of the dream has no portable form.
    """
    return PortableAscent(dream, PortableSpectrogram(dream, num_samples))


class PortableSpectrogram(SpectrogramParam):
    """`SpectrogramParam` with its random numbers and grids as constants of the graph."""

    def __init__(self, dream: DeepDream, num_samples: int | None):
        shape = dream.model.inputs[0].shape
        super().__init__(dream.settings, dream.analysis, shape, dream.model.name, "dft")
        with tf.init_scope():
            noise = draw_dither(dream.settings.seed).numpy()
            self._noise = noise if num_samples is None else repeat(noise, num_samples).numpy()
        self._is_fixed = num_samples is not None

    def dither(self, waveform: Tensor) -> Tensor:
        if self._is_fixed:
            return waveform + self._noise
        return waveform + repeat(self._noise, tf.shape(waveform)[1])

    def move(self, waveform: Tensor, shift: Tensor) -> Tensor:
        return _rolled(waveform, shift[0])

    def grid(self, octave: Tensor) -> Tensor:
        """The octave's number: its grid is a branch of `coarsen`."""
        return octave

    def coarsen(self, gradient: Tensor, octave: Tensor, first: int = 0) -> Tensor:
        """As `spectrogram.coarsen`: a branch for each octave, with matrices of its own."""
        if first == len(self.grids) - 1:
            return gradient  # the finest grid is the spectrogram's own
        return tf.cond(
            octave == first,
            lambda: _through_grid(gradient, *self.grids[first]),
            lambda: self.coarsen(gradient, octave, first + 1),
        )


def _part(state):
    part = {name: state[name] for name in _CHANGING}
    for value in part.values():
        value.set_shape((1, None, None))  # the batch, which reshapes of any length forget
    return part


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


def _through_grid(gradient, time, frequency):
    _, frames, bins = gradient.shape
    down, up = (part.T for part in _matrices(bins, frequency))
    if frames is None:
        return coarsen_frames(tf.matmul(tf.matmul(gradient, down), up), tf.constant(time))
    average, interpolate = _matrices(frames, time)
    coarse = tf.matmul(tf.matmul(average, gradient), down)
    return tf.matmul(interpolate, tf.matmul(coarse, up))


def _matrices(length, factor):
    """Matrices that average an axis over the cells of a grid, and that interpolate between them."""
    cells = max(int(np.round(np.float32(length) / np.float32(factor))), 1)  # as `coarsen` rounds
    with tf.init_scope():
        fine, coarse = (tf.eye(size)[:, :, tf.newaxis] for size in (length, cells))
        average = tf.image.resize(fine, (cells, length), "area")
        interpolate = tf.image.resize(coarse, (length, cells), "bilinear")
        return average[..., 0].numpy(), interpolate[..., 0].numpy()
