"""Gradient ascent in operations that LiteRT and ONNX have.

A step is that of `GradientAscent`; the loop is `deepdream.ascent.loop.ascend` for pictures, and
its flat form for sounds (see `portable.sound`). Forced apart by the runtimes are: the gradient,
which is written out operation by operation; random shifts, drawn beforehand, since neither has
TensorFlow's generator; the kernels, which are constants of the graph; the loops, which hand on no
history; and what `PortableSpectrogram` and `PortablePixels` override.
"""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream.ascent.gradient_ascent import GradientAscent
from keras_sounddream.deepdream.ascent.updates import Momentum
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.params.spectrogram import State
from keras_sounddream.errors import InputError
from keras_sounddream.export.portable.gradients.backward import portable_gradient
from keras_sounddream.export.portable.gradients.rule_checks import RuleChecks
from keras_sounddream.types import Tensor


class PortableAscent(GradientAscent):
    """The ascent of a dream, for a graph without TensorFlow's own operations.

    Args:
        dream: what is exported.
        param: its parameterisation in portable operations.

    Raises:
        InputError: if a setting of the dream has no portable form.
    """

    def __init__(self, dream: DeepDream, param: Any):
        check_portable(dream)
        settings = dataclasses.replace(
            dream.settings, precision="float32", tile_seconds=0.0, tile_pixels=0
        )
        param.tile_lengths = [0]  # a file reads its input at once
        super().__init__(dream.model, dream.objective, param, settings)
        self.update = dream.ascent.update
        self.checks: RuleChecks | None = None
        self._layer_names = [layer.name for layer in dream.model.layers]
        with tf.init_scope():
            self._constants = [kernel.numpy() for kernel in self.extractor.kernels()]
            total = self.settings.octaves * self.settings.steps
            self._shifts = np.stack([self._draw(i) for i in range(total)])

    def step_all(self, state: State, slots: tuple, number: Tensor) -> tuple[Tensor, tuple, Tensor]:
        """Makes the step of a number among those of all octaves: `(variable, slots, scores)`."""
        steps = self.settings.steps
        kernels = self._kernels()  # not what a loop hands on
        gradient, scores = self.gradient(state, number, kernels, None)
        progress = tf.cast(number % steps, "float32") / max(steps - 1, 1)
        grid = self.param.grid(number // steps)
        variable, slots = self.follow(self.update, state, gradient, slots, grid, progress)
        return variable, tuple(slots), scores

    def advance(
        self,
        update: Any,
        steps: Tensor,
        state: State,
        slots: tuple,
        octave: Tensor,
        done: Tensor,
        count: Tensor,
        weights: Tensor | None = None,
    ) -> tuple[State, tuple, None]:
        start = octave * steps + done
        shapes = [tensor.shape for tensor in (state["variable"], *slots)]

        def step(number, variable, slots):
            variable, slots, _ = self.step_all({**state, "variable": variable}, slots, number)
            changed = map(tf.ensure_shape, (variable, *slots), shapes)  # products forget the batch
            variable, *slots = changed
            return number + 1, variable, slots

        _, variable, slots = tf.while_loop(
            lambda number, *_: number < start + count,
            step,
            (tf.convert_to_tensor(start), state["variable"], list(slots)),
        )
        return {**state, "variable": variable}, slots, None

    def gradient(
        self, state: State, step: Tensor, kernels: list, weights: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        def score(variable):
            return self.moved_score({**state, "variable": variable}, step, kernels, weights)

        scores, gradient = portable_gradient(
            score, state["variable"], self._layer_names, self.checks
        )
        return gradient, scores

    def tensorflow_gradient(self, state: State) -> Tensor:
        """TensorFlow's gradient at the first step."""
        return GradientAscent.gradient(self, state, tf.constant(0), self._kernels(), None)[0]

    def first_gradient(self, state: State) -> tuple[Tensor, Tensor]:
        """The portable gradient at the first step, and the objective `(batch,)`."""
        return self.gradient(state, tf.constant(0), self._kernels(), None)

    def _kernels(self):
        return [tf.constant(kernel) for kernel in self._constants]

    def shift(self, step: Tensor) -> Tensor:
        return tf.gather(tf.constant(self._shifts), step)

    def _draw(self, number):
        return GradientAscent.shift(self, tf.constant(number)).numpy()


def check_portable(dream: DeepDream) -> None:
    """Checks that a dream has a portable form.

    Raises:
        InputError: if not, with the setting that has none.
    """
    settings = dream.settings
    in_tiles = dream.ascent.tiles is not None
    unfit = {
        "with scale": settings.scale,
        "with transforms of one's own": settings.transforms,
        "of approximate tiles": settings.approximate and in_tiles,
        "normalized over tiles": settings.normalize_over == "tile" and in_tiles,
        "of pictures in bfloat16": dream.kind == "picture" and settings.precision != "float32",
        "that begins with noise": settings.begin_with != "source",
        "by an optimizer of Keras's": not isinstance(dream.ascent.update, Momentum),
    }
    for reason, is_so in unfit.items():
        if is_so:
            raise InputError(f"A dream {reason} has no portable form: dream in TensorFlow.")
