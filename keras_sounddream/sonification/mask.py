"""Mask: activations as time-frequency filters of the network's input sound."""

import keras
import numpy as np
from keras import ops

from keras_sounddream.audio.layers import find_front_end
from keras_sounddream.audio.limiter import at_level
from keras_sounddream.audio.loudness import rms
from keras_sounddream.audio.spectral.mel import mel_matrix
from keras_sounddream.audio.spectral.stft import istft, stft
from keras_sounddream.deepdream.validation import settle_analysis
from keras_sounddream.types import Array

_QUIETEST = 1e-4  # of the sound's peak: a filtered sound below it counts as silence


class Mask:
    """Time-frequency filtering of a model's input sound `(samples,)` by its feature maps."""

    def __init__(self, model: keras.Model, waveform: Array) -> None:
        self._analysis = settle_analysis(model, None)
        self._front_end = find_front_end(model)
        self._waveform = np.asarray(waveform, "float32")[np.newaxis]
        self._spectrogram = stft(self._waveform, self._analysis, "fft")

    def apply(self, plane: Array) -> Array:
        """The sound with a plane's range as gains 0 to 1: float32 `(samples,)`, as loud as before.

        The plane `(frames, bands)` is stretched over the sound's time and the bands of the model's
        front end, or all frequencies. Zeros if it is constant, or leaves next to nothing.
        """
        gain = self._gain(np.asarray(plane, "float32"))[np.newaxis]
        real, imaginary = (ops.convert_to_tensor(gain) * part for part in self._spectrogram)
        num_samples = self._waveform.shape[1]
        waveform = istft(real, imaginary, self._analysis, num_samples, "fft")
        if float(ops.max(ops.abs(waveform))) < _QUIETEST * np.abs(self._waveform).max():
            return np.zeros(self._waveform.shape[1], "float32")
        rate = self._analysis.sample_rate
        return ops.convert_to_numpy(at_level(waveform, rms(self._waveform), rate))[0]

    def apply_sum(self, planes: Array) -> Array:
        """The sound filtered by the sum of planes, each scaled to [0, 1]: float32 `(samples,)`."""
        return self.apply(sum(_to_share(np.asarray(plane, "float64")) for plane in planes))

    def _gain(self, plane):
        """The plane in [0, 1] on the grid of the sound's spectrogram: float32 `(frames, bins)`."""
        share = _to_share(plane)
        frames, bins = self._spectrogram[0].shape[1:]
        share = _stretch(share, (np.arange(frames) + 0.5) / frames, axis=0)
        return _stretch(share, self._positions(bins), axis=1).astype("float32")

    def _positions(self, bins):
        """Position of each bin among the bands, from 0 to 1."""
        if self._front_end is None:
            return (np.arange(bins) + 0.5) / bins
        analysis = self._front_end.analysis
        hz = np.arange(bins) * self._analysis.bin_hz
        matrix = np.asarray(mel_matrix(analysis), "float64")  # (bins, bands)
        middles = np.arange(len(matrix)) * analysis.bin_hz @ matrix / matrix.sum(axis=0)
        return np.interp(hz, middles, (np.arange(len(middles)) + 0.5) / len(middles))


def _to_share(plane):
    lowest, highest = plane.min(), plane.max()
    return (plane - lowest) / (highest - lowest) if highest > lowest else 0.0 * plane


def _stretch(values, positions, axis):
    """Values interpolated linearly between the centres of cells, constant beyond the outermost."""
    count = values.shape[axis]
    at = np.clip(np.asarray(positions) * count - 0.5, 0, count - 1)
    low = np.minimum(at.astype(int), max(count - 2, 0))
    shape = [-1 if other == axis else 1 for other in range(values.ndim)]
    rest = (at - low).reshape(shape)
    high = np.minimum(low + 1, count - 1)
    return (1 - rest) * np.take(values, low, axis) + rest * np.take(values, high, axis)
