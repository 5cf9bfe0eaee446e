"""Layers that audio models begin with."""

import dataclasses
from typing import Any

import keras
from keras import ops

from keras_sounddream.audio.analysis import Analysis, as_analysis
from keras_sounddream.audio.mu_law import waveform_to_levels
from keras_sounddream.audio.spectral.mel import mel_matrix
from keras_sounddream.audio.spectral.stft import TRANSFORMS, fourier, frames
from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor

_TINY = 1e-20  # keeps the gradient of a square root finite at silence; far below 16-bit sound


def find_front_end(model: keras.Model) -> "LogMelSpectrogram | None":
    """The layer that makes a model's spectrogram at its own rate, if it has one."""
    rate = getattr(model, "sample_rate", None)
    for layer in model.layers:
        if isinstance(layer, LogMelSpectrogram) and rate in (None, layer.analysis.sample_rate):
            return layer
    return None


def find_sample_rate(model: keras.Model) -> int | None:
    """Sample rate in Hz of a model's waveforms: its attribute, or its front end's; else `None`.

    A front end is a `LogMelSpectrogram`, Keras's `MelSpectrogram`, or any layer with a rate.
    """
    front_end = find_front_end(model)
    if front_end is not None and not getattr(model, "sample_rate", None):
        return front_end.analysis.sample_rate
    owners = [(model, "sample_rate")]
    for layer in model.layers:
        owners += [(layer, "sample_rate"), (layer, "sampling_rate")]
    rates = (getattr(*owner, None) for owner in owners)
    return next((rate for rate in rates if isinstance(rate, int) and rate > 0), None)


@keras.saving.register_keras_serializable(package="keras_sounddream")
class LogMelSpectrogram(keras.layers.Layer):
    """Turns waveforms into log-mel spectrograms, the front end of every audio model.

    Frames are not padded: the first starts at the first sample, as `tf.signal.stft` cuts them.
    Each clip's spectrogram depends on that clip alone. Under a policy of mixed precision it is
    computed in float32, since energies leave the range of 16 bits.

    Args:
        analysis: `Analysis`, or the dictionary of one.
        power: 1.0 for the mel bands of the magnitude, 2.0 for those of the power.
        log_offset: added before the natural logarithm, so that silence is finite.
        transform: `"dft"`, matrix products, which every exported format has, or `"fft"`.

    Input shape:
        float32 `(batch, samples)` in [-1, 1], mono, at `analysis.sample_rate`; at least one frame.

    Output shape:
        float32 `(batch, frames, num_mel_bins)`, natural logarithm of mel magnitude or power.

    Raises:
        InputError: if `power` is neither 1 nor 2 or `log_offset` is not positive.
        InputError: when it is called with less than a frame.

    Attributes:
        shift: added to the logarithm: 0, or the number of a class that scales it.
        spread: divisor of the sum: 1, or the number of such a class.
    """

    shift, spread = 0.0, 1.0

    def __init__(
        self,
        analysis: Analysis | dict[str, Any],
        power: float = 2.0,
        log_offset: float = 1e-3,
        transform: str = "dft",
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        if power not in (1, 2):
            raise InputError(f"`power` must be 1 or 2. Received: {power!r}")
        if not log_offset > 0:
            raise InputError(f"`log_offset` must be positive. Received: {log_offset!r}")
        self.analysis = as_analysis(analysis)
        self.power = float(power)
        self.log_offset = log_offset
        if transform not in TRANSFORMS:
            raise InputError(f"`transform` must be one of {TRANSFORMS}. Received: {transform!r}")
        self.transform = transform
        self._mel_matrix = mel_matrix(self.analysis)

    @property
    def span(self) -> tuple[int, int]:
        """First and last sample of frame `i`, counted from sample `i * analysis.frame_step`."""
        return 0, self.analysis.frame_length - 1

    def call(self, waveform: Tensor) -> Tensor:
        self._check_length(waveform.shape[1])
        real, imaginary = self._spectrum(ops.cast(waveform, "float32"))
        energy = ops.square(real) + ops.square(imaginary)  # (batch, frames, bins)
        if self.power == 1:
            energy = ops.sqrt(energy + _TINY)
        mel = ops.matmul(energy, ops.convert_to_tensor(self._mel_matrix, energy.dtype))
        log_mel = ops.log(mel + self.log_offset)
        if (self.shift, self.spread) != (0.0, 1.0):
            log_mel = (log_mel + self.shift) / self.spread
        return ops.cast(log_mel, self.compute_dtype)

    def _check_length(self, num_samples):
        least = self.analysis.frame_length
        if isinstance(num_samples, int) and num_samples < least:
            raise InputError(f"Expected at least {least} samples, a frame. Received: {num_samples}")

    def _spectrum(self, waveform):
        """Transform of the frames, `(real, imaginary)`, each `(batch, frames, bins)`."""
        return fourier(frames(waveform, self.analysis), self.analysis, self.transform)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, num_samples = input_shape
        if num_samples is None:
            return (batch, None, self.analysis.num_mel_bins)
        starts = range(0, num_samples - self.analysis.frame_length + 1, self.analysis.frame_step)
        return (batch, len(starts), self.analysis.num_mel_bins)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "analysis": dataclasses.asdict(self.analysis),
            "power": self.power,
            "log_offset": self.log_offset,
            "transform": self.transform,
        }


@keras.saving.register_keras_serializable(package="keras_sounddream")
class MuLaw(keras.layers.Layer):
    """Rounds waveforms to levels that are finer where it is quiet.

    Its gradient is that of the curve before rounding, so that one can dream through it.

    Args:
        levels: 2 or more.

    Input shape:
        float32 `(batch, samples)` in [-1, 1].

    Output shape:
        float32 `(batch, samples)`, whole numbers from 0 to `levels - 1`.

    Raises:
        InputError: if `levels` is less than 2.
    """

    def __init__(self, levels: int = 256, **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})
        if levels < 2:
            raise InputError(f"`levels` must be 2 or more. Received: {levels!r}")
        self.levels = levels

    def call(self, waveform: Tensor) -> Tensor:
        return waveform_to_levels(waveform, self.levels)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "levels": self.levels}
