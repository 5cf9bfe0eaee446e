"""Dreams whose objective, strength and smoothing are inputs of the step: one graph for all of them.

A step takes and gives the mask: a loop of steps makes the dream that `DeepDream.run` makes. Every
layer and class that a visitor may choose is a term of one objective, and has a weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.audio.loudness import db_to_nepers
from keras_sounddream.deepdream.ascent.gradient_ascent import GradientAscent
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.deepdream.params.spectrogram import SpectrogramParam
from keras_sounddream.errors import InputError
from keras_sounddream.export.portable.ascent import PortableAscent
from keras_sounddream.export.portable.sound import PortableSpectrogram
from keras_sounddream.types import Array, Tensor
from keras_sounddream.web.choices import BOUNDS, MOST_STEPS, WIDEST, Choice, Term


class _BoundedMask(SpectrogramParam):
    """A spectrogram with the bounds of its mask as tensors."""

    def steer(self, mask_db: Tensor, fall_db: Tensor, ceiling_db: Tensor) -> None:
        """Sets the bounds of the mask, in dB."""
        self._rise, self._fall = db_to_nepers(mask_db), db_to_nepers(fall_db)
        self._ceiling = db_to_nepers(ceiling_db)


class _PortableBoundedMask(PortableSpectrogram, _BoundedMask):
    """The same in operations that ONNX has."""


class SteeredAscent(GradientAscent):
    """An ascent with its objective's weights, strength and smoothing as inputs."""

    param: _BoundedMask

    def one_step(
        self,
        waveform: Tensor,
        mask: Tensor,
        weights: Tensor,
        place: Tensor,
        bounds: Tensor,
        smoothing: Tensor,
    ) -> dict[str, Tensor]:
        """Makes a step of a dream.

        Args:
            waveform: float32 `(1, samples)`, the sound that is dreamed on.
            mask: float32 `(1, frames, bins)`, `next` of the step before; `(1, 1, bins)` of zeros
                before the first.
            weights: see `Choice`.
            place: int32 `(2,)`, the octave, and the number of the step among those of all octaves.
            bounds: see `Choice`.
            smoothing: float32 scalar, see `Choice`.

        Returns:
            `next`, the mask after the step; `dream`, the sound that it makes, `(1, samples)`; and
            `objective`, `(1,)`, before the step.
        """
        *limits, step_size = tf.unstack(bounds)
        self.param.steer(*limits)
        octave, number = tf.unstack(place)
        state = self.param.begin(waveform)
        state["variable"] = state["variable"] + mask
        gradient, scores = self.gradient(state, number, self._kernels(), weights)
        update, grid = self.momentum(step_size), self.param.grid(octave)
        variable, _ = self.follow(update, state, gradient, (), grid, smoothing / WIDEST)
        dream = self.param.finish({**state, "variable": variable})
        dream = tf.ensure_shape(dream, waveform.shape)
        return {"next": variable, "dream": dream, "objective": scores}

    def trace_step(self) -> Any:
        """`one_step` as a concrete function, for sounds of any length."""
        spec, bins = tf.TensorSpec, self.param.analysis.num_bins
        return tf.function(self.one_step, autograph=False).get_concrete_function(
            spec((1, None), tf.float32, "waveform"),
            spec((1, None, bins), tf.float32, "mask"),
            spec((1, len(self.objective.terms)), tf.float32, "weights"),
            spec((2,), tf.int32, "place"),
            spec((len(BOUNDS),), tf.float32, "bounds"),
            spec((), tf.float32, "smoothing"),
        )

    def _kernels(self):
        return self._quick_extractor.kernels()


class PortableSteeredAscent(PortableAscent, SteeredAscent):
    """The same in operations that ONNX has."""


def steered(
    dream: DeepDream,
    ascent: type[SteeredAscent] = SteeredAscent,
    objective: Objective | None = None,
) -> SteeredAscent:
    """The ascent of a dream of `make_dream`, in TensorFlow; of another objective if given."""
    param = _BoundedMask(dream.settings, dream.analysis, dream.model.inputs[0].shape)
    return ascent(dream.model, objective or dream.objective, param, dream.settings)


def portably_steered(dream: DeepDream) -> PortableSteeredAscent:
    """The ascent of a dream of `make_dream`, in operations that ONNX has."""
    return PortableSteeredAscent(dream, _PortableBoundedMask(dream, None))


def make_dream(model: keras.Model, terms: Sequence[Term]) -> DeepDream:
    """The dream of the sum of the terms, whose ascent is to be steered.

    Raises:
        InputError: if the model takes sounds of one length, or pictures.
    """
    shape = tuple(model.inputs[0].shape)
    if len(shape) not in (2, 3) or shape[1] is not None:
        raise InputError(
            "Expected a model of waveforms of any length for a page. "
            f"{model.name} takes inputs of shape {shape}."
        )
    smoothing: dict[str, Any] = {"smoothing": "gaussian", "smoothing_width": (0.0, WIDEST)}
    objective: Any = sum(term.objective for term in terms)
    return DeepDream(model, objective, steps=MOST_STEPS, **smoothing)


def dream_steps(
    step: Callable[..., dict[str, Array]], sound: Array, choice: Choice, octaves: int, bins: int
) -> Iterator[dict[str, Array]]:
    """Yields the outputs of every step of a dream.

    Args:
        step: `one_step` of arrays, named, in whatever runtime.
        sound: float32 `(1, samples)`.
        choice: the other inputs.
        octaves: of the dream.
        bins: of its spectrogram.
    """
    mask = np.zeros((1, 1, bins), "float32")
    for number in range(octaves * choice.steps):
        made = step(
            waveform=sound,
            mask=mask,
            weights=choice.weights,
            place=np.array([number // choice.steps, number], "int32"),
            bounds=choice.bounds,
            smoothing=np.array(choice.smoothing, "float32"),
        )
        mask = made["next"]
        yield made
