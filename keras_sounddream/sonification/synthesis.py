"""Synthesis of sound from the feature maps of a layer, one class per method.

Each has `signals(planes)`, which yields one float32 `(samples,)` per filter or voice, all of one
length, and `total(planes)`, float32 `(samples,)`, their combination.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import keras
import numpy as np

from keras_sounddream.audio.layers import LogMelSpectrogram
from keras_sounddream.errors import InputError
from keras_sounddream.sonification import inverse_fft
from keras_sounddream.sonification.mask import Mask
from keras_sounddream.sonification.parameter_map import map_to_voices
from keras_sounddream.types import Array

Planes = Sequence[Array]  # float arrays (frames, bands), one per filter


class Synthesizer(Protocol):
    """Any class of this module."""

    def signals(self, planes: Planes) -> Iterator[Array]:
        """One signal per filter or voice."""
        ...

    def total(self, planes: Planes) -> Array:
        """All signals together."""
        ...


class InverseFFT:
    """Inverse Fourier transform of each frame; `legacy` retains the quirks of netsounds.

    Frames are repeated until a sound has `least_samples`: each filter's own, or, if they are
    `joined`, that of all filters one after another.
    """

    def __init__(self, legacy: bool = False, least_samples: int = 0, joined: bool = False) -> None:
        self._legacy, self._least_samples, self._joined = legacy, least_samples, joined

    def signals(self, planes: Planes) -> Iterator[Array]:
        """One signal per filter."""
        planes = inverse_fft.without_bands(planes)
        for signal in inverse_fft.signals(planes, self._legacy):
            yield self._held(signal.astype("float32"), planes, len(planes) if self._joined else 1)

    def total(self, planes: Planes) -> Array:
        """The sum, stretched over [-1, 1]."""
        signal = inverse_fft.sonify_activations(planes, "sum", self._legacy)
        return self._held(signal, inverse_fft.without_bands(planes), 1)

    def _held(self, signal, planes, count):
        return inverse_fft.hold_frames(signal, np.shape(planes[0])[1], self._least_samples, count)


class MaskedSound:
    """The model's input sound `(samples,)`, filtered by the feature maps of a layer."""

    def __init__(self, model: keras.Model, waveform: Array, layer: str) -> None:
        self._mask = Mask(model, waveform)
        self._of_front_end = isinstance(model.get_layer(layer), LogMelSpectrogram)

    def signals(self, planes: Planes) -> Iterator[Array]:
        """The sound filtered by one filter's map at a time."""
        _check_varies(planes, "filter a sound")
        for plane in self._with_bands(planes):
            yield self._mask.apply(plane)

    def total(self, planes: Planes) -> Array:
        """The sound filtered by the sum of all maps."""
        _check_varies(planes, "filter a sound")
        return self._mask.apply_sum(self._with_bands(planes))

    def _with_bands(self, planes):
        return inverse_fft.without_bands(planes) if self._of_front_end else planes


class ParameterMap:
    """Voices of `map_to_voices`, with its settings."""

    def __init__(self, sample_rate: int, seconds: float, **settings: float) -> None:
        self._settings: dict[str, Any] = {
            "sample_rate": sample_rate,
            "seconds": seconds,
            **settings,
        }

    def signals(self, planes: Planes) -> Iterator[Array]:
        """One signal per voice."""
        _check_varies(planes, "drive a voice")
        yield from map_to_voices(planes, **self._settings)

    def total(self, planes: Planes) -> Array:
        """The sum of the voices."""
        _check_varies(planes, "drive a voice")
        return map_to_voices(planes, **self._settings).sum(axis=0)


class Levelled:
    """Another synthesizer, each of its sounds brought to a level in dB."""

    def __init__(self, synthesizer: Synthesizer, level_db: float) -> None:
        self._synthesizer = synthesizer
        self._level_db = level_db

    def signals(self, planes: Planes) -> Iterator[Array]:
        """The other's signals, each at the level."""
        for signal in self._synthesizer.signals(planes):
            yield inverse_fft.bring_to_level(signal, self._level_db)

    def total(self, planes: Planes) -> Array:
        """The other's total at the level."""
        return inverse_fft.bring_to_level(self._synthesizer.total(planes), self._level_db)


def combined(synthesizer: Synthesizer, planes: Planes, combine: str) -> Array:
    """The sound of a layer: float32 `(samples,)`, `(filters, samples)` for `"separate"`."""
    if combine == "sum":
        return synthesizer.total(planes)
    waveforms = list(synthesizer.signals(planes))
    return np.concatenate(waveforms) if combine == "concat" else np.stack(waveforms)


def _check_varies(planes, purpose):
    if np.size(planes[0]) == 1:
        raise InputError(
            f"A layer without time or bands cannot {purpose}: each filter has a single activation. "
            "Take an earlier layer, or `ifft`."
        )
