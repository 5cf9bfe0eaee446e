"""The two kinds of model input, sounds and pictures: checks, axes and preprocessing of each."""

from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.audio.loudness import is_silent
from keras_sounddream.audio.waveforms import check_overshoot
from keras_sounddream.deepdream.network.checks import check_network, takes_pictures, takes_sounds
from keras_sounddream.deepdream.params.pixels import preprocess
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

PICTURE_SECONDS = 5.0  # of the sound that a picture's feature maps drive

_TIME_FIRST, _WIDTH_FIRST = (0, 3, 1, 2), (0, 3, 2, 1)  # axes of activations, channels first


class _ModelInput:
    """Checks that both kinds share: shape, finite numbers, the model's own size."""

    text: str
    rank: int  # with the batch axis

    def __init__(self, model: keras.Model) -> None:
        self.model = model

    def check(self, source: Array) -> Array:
        """The source as float32 with a batch axis; an `InputError` if the model cannot take it."""
        try:
            source = np.asarray(source, "float32")
        except (TypeError, ValueError):
            received = type(source).__name__
            raise InputError(
                f"Expected {self.text}, an array of numbers. Received: {received}"
            ) from None
        source = source[np.newaxis] if source.ndim == self.rank - 1 else source
        if source.ndim != self.rank or not source.size or not self._has_channels(source):
            raise InputError(
                f"{self.model.name} takes {self.text}, with or without a batch axis. "
                f"Received shape: {source.shape}"
            )
        if not np.isfinite(source).all():
            raise InputError("Expected finite numbers to sonify. Some are not numbers.")
        self._check_range(source)
        sizes = self.model.inputs[0].shape[1:3]
        pairs = list(zip(sizes, source.shape[1:3], strict=False))
        if any(size not in (None, received) for size, received in pairs):
            expected = tuple(size for size, _ in pairs)
            raise InputError(f"{self.model.name} takes {expected}. Received: {source.shape[1:]}")
        return source

    def _has_channels(self, source):
        return True

    def _check_range(self, source):
        raise NotImplementedError


class SoundInput(_ModelInput):
    """Waveforms `(batch, samples)` in [-1, 1]."""

    text, rank = "sound (samples,)", 2

    def arrange(self, source: Array, legacy: bool) -> tuple[Array, int, tuple[int, ...]]:
        """`(source, axis, order)`: the axis that is cut, the activations' axes with time first."""
        return source, 0, _TIME_FIRST

    def preparation(self, preprocessing: str | None) -> Callable[[Array], Array]:
        """A function from sounds to the model's input; preprocessing modes are refused."""
        if preprocessing is not None:
            raise InputError("`preprocessing` applies to pictures, and this network takes sounds.")
        with_channel = len(self.model.inputs[0].shape) == 3
        return lambda sounds: sounds[..., np.newaxis] if with_channel else sounds

    def seconds(self, source: Array) -> float:
        """Duration of one sound `(samples,)` in seconds."""
        return len(source) / find_sample_rate(self.model)

    def _check_range(self, source):
        peak = np.abs(source).max()
        check_overshoot(peak)
        if is_silent(source).any():
            raise InputError("Expected sound to sonify, but it is silent.")


class ImageInput(_ModelInput):
    """Pictures `(batch, height, width, 3)` in [0, 255]."""

    text, rank = "pictures (height, width, 3)", 4

    def arrange(self, source: Array, legacy: bool) -> tuple[Array, int, tuple[int, ...]]:
        """As of `SoundInput`, time along the long edge; `legacy` transposes a portrait picture."""
        if source.shape[1] <= source.shape[2]:
            return source, 1, _WIDTH_FIRST
        if legacy:
            return source.transpose(0, 2, 1, 3), 1, _WIDTH_FIRST
        return source, 0, _TIME_FIRST

    def preparation(self, preprocessing: str | None) -> Callable[[Array], Array]:
        """A function from pictures to the model's input: `"none"` if it has a front end, `"tf"`."""
        ready = "front_end" in (layer.name for layer in self.model.layers)
        if ready and preprocessing not in (None, "none"):
            raise InputError(
                f"{self.model.name} preprocesses pictures itself. "
                f"Received: preprocessing={preprocessing!r}"
            )
        mode = preprocessing or ("none" if ready else "tf")
        return lambda pictures: ops.convert_to_numpy(preprocess(pictures, mode))

    def seconds(self, source: Array) -> float:
        """Duration of the sound that one picture drives."""
        return PICTURE_SECONDS

    def _has_channels(self, source):
        return source.shape[-1] == 3

    def _check_range(self, source):
        lowest, highest = source.min(), source.max()
        if lowest < 0 or highest > 255:
            raise InputError(
                f"Expected pixels in [0, 255]. Received: {lowest:.4g} to {highest:.4g}"
            )
        if 0 < highest <= 1:
            raise InputError(
                f"Expected pixels in [0, 255]. The highest is {highest:.4g}: multiply by 255."
            )


def model_input(model: keras.Model) -> SoundInput | ImageInput:
    """The kind of input that a model takes; an `InputError` if it takes neither kind."""
    check_network(model)
    if takes_pictures(model):
        return ImageInput(model)
    if takes_sounds(model):
        return SoundInput(model)
    raise InputError(
        "Expected a model that takes sounds (batch, samples) or pictures (batch, height, "
        f"width, 3). {model.name} takes: {tuple(model.inputs[0].shape)}"
    )
