"""Thresholded power spectrogram of thirteen frames, as UrbanSound8K's network of 2017 takes it."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor

SAMPLE_RATE = 8000
NUM_SAMPLES = 32000  # 4 s
_FIRST, _LAST = 8000, 24000  # seconds 1 to 3 are used
_FRAME_LENGTH = 256
_FRAME_STEP = 1280  # of the frames every 128 samples, each tenth is kept
_NUM_FRAMES = 13
_NUM_BINS = _FRAME_LENGTH // 2 + 1
SPECTROGRAM = (_NUM_FRAMES, _NUM_BINS)
_FULL_SCALE = 32768.0  # the network took 16-bit numbers
_THRESHOLD = 1 / 50  # of a bin's loudest frame
_TINY = 1e-12  # a silent spectrogram has no spread to divide by


@keras.saving.register_keras_serializable(package="keras_sounddream")
class SparsePowerSpectrogram(keras.layers.Layer):
    """Turns 4 s at 8 kHz into thirteen frames of linear power, one every 160 ms of the middle 2 s.

    The one-sided power spectral density of each frame of 256 samples, under a symmetric Hann
    window, has the units of a sample rate of 2 and of 16-bit samples. In each frequency bin, power
    below a fiftieth of the loudest frame becomes 0; then the spectrogram is normalised. It has no
    phase and leaves out nine frames of ten, so it cannot be turned back into sound.

    Args:
        legacy_normalization: `False` gives every spectrogram mean 0 and standard deviation
            1. `True` subtracts the mean divided by the standard deviation from the power, as the
            original does, where parentheses are missing: use it with the original's weights.

    Input shape:
        float32 `(batch, 32000)` in [-1, 1], mono, at 8 kHz.

    Output shape:
        float32 `(batch, 13, 129)`, time first; the original had `(129, 13)`.

    Raises:
        InputError: when it is called with another number of samples.
    """

    def __init__(self, legacy_normalization: bool = False, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})  # the power is beyond float16
        self.legacy_normalization = legacy_normalization
        self._cosine, self._sine = _matrices()

    def call(self, waveform: Tensor) -> Tensor:
        num_samples = waveform.shape[1]
        if num_samples is not None and num_samples != NUM_SAMPLES:
            raise InputError(
                f"Expected {NUM_SAMPLES} samples, 4 s at 8 kHz. Received: {num_samples}. "
                "`preprocess_input` brings sounds to this length."
            )
        power = _power(waveform, self._cosine, self._sine)
        loudest = ops.max(power, axis=1, keepdims=True)
        power = ops.where(power < _THRESHOLD * loudest, ops.zeros_like(power), power)
        mean = ops.mean(power, axis=(1, 2), keepdims=True)
        spread = ops.sqrt(ops.mean(ops.square(power - mean), axis=(1, 2), keepdims=True) + _TINY)
        if self.legacy_normalization:
            return power - mean / spread
        return (power - mean) / spread

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], _NUM_FRAMES, _NUM_BINS)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "legacy_normalization": self.legacy_normalization}


def _power(waveform, cosine, sine):
    """Power `(batch, 13, 129)` of the frames that are kept."""
    batch = ops.shape(waveform)[0]
    middle = ops.slice(waveform, (0, _FIRST), (batch, _LAST - _FIRST)) * _FULL_SCALE
    middle = ops.pad(middle, ((0, 0), (0, _NUM_FRAMES * _FRAME_STEP - (_LAST - _FIRST))))
    framed = ops.reshape(middle, (-1, _NUM_FRAMES, _FRAME_STEP))
    framed = ops.slice(framed, (0, 0, 0), (batch, _NUM_FRAMES, _FRAME_LENGTH))
    parts = (ops.convert_to_tensor(part, framed.dtype) for part in (cosine, sine))
    return sum(ops.square(ops.matmul(framed, part)) for part in parts)


def _matrices():
    """Windowed cosines and sines `(256, 129)` whose squares add to the power."""
    window = np.hanning(_FRAME_LENGTH)
    samples, bins = np.arange(_FRAME_LENGTH), np.arange(_NUM_BINS)
    angles = 2 * np.pi * (np.outer(samples, bins) % _FRAME_LENGTH) / _FRAME_LENGTH
    sides = np.where((bins == 0) | (bins == _NUM_BINS - 1), 1.0, 2.0)  # negative frequencies
    scale = window[:, None] * np.sqrt(sides / (2 * np.sum(window**2)))
    return (scale * np.cos(angles)).astype("float32"), (scale * np.sin(angles)).astype("float32")
