"""The layer of a dream filter: a causal network sets a mask in dB on the spectrogram's frames."""

import dataclasses
import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_sounddream.audio.analysis import Analysis, as_analysis
from keras_sounddream.audio.loudness import db_to_nepers
from keras_sounddream.audio.spectral.masks import room_to_rise
from keras_sounddream.audio.spectral.stft import (
    TRANSFORMS,
    check_inverse,
    fourier,
    frames,
    inverse_frames,
    to_polar,
)
from keras_sounddream.errors import InputError
from keras_sounddream.filters.layer_settings import OF_SOUNDS, checked
from keras_sounddream.filters.streaming import State, Stream
from keras_sounddream.types import Tensor

_KERNEL = 3  # frames of a convolution
_SOFTEST_DB = 90.0  # below the loudest: the network is given softer bins as if they were that loud
_PEAK_SCALE = 10.0  # nepers; the network is given the peak divided by it
_SECONDS = 4.0  # in which the loudest bin is looked for, and over which the level is held
_SILENT = math.log(1e-7)  # log-magnitude of a bin without sound
_TINY = 1e-12  # mean square, -120 dB
_CEILING = 0.999  # of full scale: no sample exceeds it


@keras.saving.register_keras_serializable(package="keras_sounddream")
class DreamMask(layers.Layer):
    """Filters sounds by a mask in dB that a causal network sets, as a dream's ascent would.

    The bounds of the mask are those of a dream, with the loudest bin of the last 4 s for that of
    the whole sound. The level of the last 4 s is held, and peaks are turned down. `call` and
    `step` are one computation: a stream's result is that of the whole sound, `delay` samples later.

    Args:
        analysis: `Analysis` of the spectrogram, or its dictionary.
        width: channels of the network.
        dilations: frames between the taps of each convolution.
        look_ahead: frames by which the mask is later than what the network is given.
        mask_db: the most that a bin rises, dB.
        fall_db: the most that a bin falls, dB.
        ceiling_db: a bin rises up to so many dB below the loudest of its frame.
        transform: `"fft"`, or `"dft"` where there are only matrix products.

    Input shape:
        float32 `(batch, samples)`, mono in [-1, 1], any length.

    Output shape:
        float32 `(batch, samples)` in [-1, 1].

    Raises:
        InputError: if a setting is out of its range, or the frames of the analysis overlap too
            little, or by no whole number of steps.
    """

    def __init__(
        self,
        analysis: Analysis | dict[str, Any],
        width: int = 128,
        dilations: tuple[int, ...] = (1, 2, 4, 8),
        look_ahead: int = 1,
        mask_db: float = 40.0,
        fall_db: float = 15.0,
        ceiling_db: float = 2.5,
        transform: str = "fft",
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.analysis = as_analysis(analysis)
        self.width, self.dilations, self.look_ahead = checked(
            OF_SOUNDS, width=width, dilations=dilations, look_ahead=look_ahead
        )
        self.mask_db, self.fall_db, self.ceiling_db = checked(
            OF_SOUNDS, mask_db=mask_db, fall_db=fall_db, ceiling_db=ceiling_db
        )
        if transform not in TRANSFORMS:
            raise InputError(f"`transform` must be one of {TRANSFORMS}. Received: {transform!r}")
        self.transform = transform
        check_inverse(self.analysis)
        if self.analysis.frame_length % self.analysis.frame_step:
            raise InputError(
                f"Expected frames of a whole number of steps. Received: {self.analysis}"
            )
        self._into = _convolution(width, "into")
        self._offset, self._slope = (self._last_convolution(n) for n in ("offset", "slope"))
        self._convolutions = [
            _convolution(width, f"conv{i}", kernel_size=_KERNEL, dilation_rate=rate)
            for i, rate in enumerate(self.dilations, start=1)
        ]
        self._mixes = [_convolution(width, f"mix{i + 1}") for i in range(len(self.dilations))]

    def _last_convolution(self, name):
        """A layer that sets the mask: at first to nothing."""
        return _convolution(self.analysis.num_bins, name, kernel_initializer="zeros")

    def build(self, input_shape: tuple) -> None:
        self._into.build((None, None, self.analysis.num_bins + 1))
        for layer in (*self._convolutions, *self._mixes, self._offset, self._slope):
            layer.build((None, None, self.width))

    @property
    def contexts(self) -> dict[str, tuple[int, int]]:
        """Steps and channels of each array of a stream's state, by name."""
        a = self.analysis
        overlap, window = a.frame_length - a.frame_step, round(_SECONDS / a.step_seconds)
        return {
            "samples": (overlap, 1),
            "sum": (overlap, 1),
            "spectrum": (self.look_ahead, 2 * a.num_bins),
            "loudest": (window - 1, 1),
            "energy": (self.delay // a.frame_step - 1, 1),
            "energies": (window - 1, 2),
            "block": (1, a.frame_step),
            "gain": (2, 1),
            **{
                f"conv{i}": ((_KERNEL - 1) * rate, self.width)
                for i, rate in enumerate(self.dilations, start=1)
            },
        }

    @property
    def delay(self) -> int:
        """Samples by which a filtered stream is later than the stream."""
        return self.analysis.frame_length + self.look_ahead * self.analysis.frame_step

    def begin(self, batch: int) -> State:
        """State before a stream: zeros `(batch, steps, channels)` by the names of `contexts`."""
        return {name: ops.zeros((batch, *shape)) for name, shape in self.contexts.items()}

    def step(self, waveform: Tensor, state: State) -> tuple[Tensor, State]:
        """Filters the next samples of a stream.

        Args:
            waveform: float32 `(batch, samples)`, a multiple of `analysis.frame_step`.
            state: of `begin`, or of the call before.

        Returns:
            `(filtered, state)`: float32 `(batch, samples)`, those `delay` samples earlier; and the
            state for the next call.

        Raises:
            InputError: if the samples are known to be no such multiple.
        """
        stream, a = Stream(state), self.analysis
        count = waveform.shape[1]
        if isinstance(count, int) and count % a.frame_step:
            raise InputError(f"Expected a multiple of {a.frame_step} samples. Received: {count}")
        samples = stream.extend("samples", waveform[..., None])[..., 0]
        spectrum = fourier(frames(samples, a), a, self.transform)
        newest, _, _ = to_polar(*spectrum)
        loudest = ops.max(newest, 2, keepdims=True) - _SILENT
        peak = stream.window("loudest", loudest, ops.max_pool) + _SILENT
        features = self._network(stream, newest, peak)
        spectrum = stream.delay("spectrum", ops.concatenate(spectrum, axis=2))
        factor = ops.exp(self._mask(features, spectrum, peak))
        real, imaginary = (part * factor for part in ops.split(spectrum, 2, axis=2))
        framed = inverse_frames(real, imaginary, a, self.transform)
        changed = stream.overlap_add("sum", framed, a)
        return self._hold_level(stream, waveform, changed), stream.after

    def call(self, waveform: Tensor) -> Tensor:
        count = ops.shape(waveform)[1]
        behind = self.delay + (-count - self.delay) % self.analysis.frame_step
        padded = ops.pad(waveform, [[0, 0], [0, behind]])
        filtered, _ = self.step(padded, self.begin(ops.shape(waveform)[0]))
        return ops.slice(filtered, (0, self.delay), ops.shape(waveform))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def _network(self, stream, newest, peak):
        """Features that the mask is made from: `(batch, frames, width)`."""
        x = self._into(ops.concatenate([_scaled(newest, peak), peak / _PEAK_SCALE], axis=2))
        for convolution, mix in zip(self._convolutions, self._mixes, strict=True):
            x = x + mix(ops.relu(convolution(stream.extend(convolution.name, x))))
        return ops.relu(x)

    def _mask(self, features, spectrum, peak):
        """Nepers by which each bin rises or falls, within a dream's bounds."""
        log_magnitude, _, _ = to_polar(*ops.split(spectrum, 2, axis=2))
        own = _scaled(log_magnitude, peak)
        logits = self._offset(features) + self._slope(features) * own
        bounds = db_to_nepers(self.ceiling_db), db_to_nepers(self.mask_db)
        room = room_to_rise(log_magnitude, peak, *bounds)
        return ops.tanh(logits) * ops.where(logits > 0, room, db_to_nepers(self.fall_db))

    def _hold_level(self, stream, waveform, changed):
        """What was changed, a step later, as loud as it was, and with peaks turned down.

        The gain of each step is that of its level, or less for its peaks; it runs straight from
        the lower of two neighbours to the next such, so that no peak exceeds the ceiling.
        """
        source, blocks = (self._blocks(each) for each in (waveform, changed))
        energy = stream.delay("energy", _energy(source))
        energies = ops.concatenate([energy, _energy(blocks)], axis=2)
        before, after = ops.split(stream.window("energies", energies, ops.average_pool), 2, axis=2)
        level = ops.sqrt((before + _TINY) / (after + _TINY))
        peaks = ops.max(ops.abs(blocks), 2, keepdims=True)
        gain = stream.extend("gain", ops.minimum(level, _CEILING / ops.maximum(peaks, _TINY)))
        bounds = ops.minimum(gain[:, :-1], gain[:, 1:])
        first, last = bounds[:, :-1], bounds[:, 1:]
        ramp = (np.arange(blocks.shape[2], dtype="float32") + 0.5) / blocks.shape[2]
        held = stream.delay("block", blocks) * (first + (last - first) * ramp)
        return ops.reshape(held, ops.shape(waveform))

    def _blocks(self, waveform):
        return ops.reshape(waveform, (ops.shape(waveform)[0], -1, self.analysis.frame_step))

    def get_config(self) -> dict[str, Any]:
        names = ("width", "dilations", "look_ahead", "mask_db", "fall_db", "ceiling_db")
        own = {name: getattr(self, name) for name in (*names, "transform")}
        return {**super().get_config(), "analysis": dataclasses.asdict(self.analysis), **own}


def _scaled(log_magnitude, peak):
    """Levels below the peak, -1 to 0."""
    return ops.maximum((log_magnitude - peak) / db_to_nepers(_SOFTEST_DB), -1.0)


def _energy(blocks):
    return ops.mean(ops.square(blocks), 2, keepdims=True)


def _convolution(filters, name, kernel_size=1, **settings):
    return layers.Conv1D(filters, kernel_size, name=name, data_format="channels_last", **settings)
