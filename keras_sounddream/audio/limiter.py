"""Look-ahead limiter: peaks are turned down by a smooth gain, and no sample is bent."""

import functools

import numpy as np
from keras import ops

from keras_sounddream.audio.loudness import rms
from keras_sounddream.types import Array, Tensor

CEILING = 0.999  # of full scale, for the peaks between samples, too
LOOK_AHEAD_SECONDS = 0.005
_ROUNDS = 3  # of level and peaks: turning peaks down costs loudness, which the next round restores
_PHASES, _TAPS = 4, 16  # of the interpolation that finds peaks between samples


def limit_peaks(waveform: Tensor, sample_rate: int, linked: bool = False) -> Tensor:
    """Turns a sound down around its peaks, so that every sample lies in [-1, 1].

    The gain begins to fall `LOOK_AHEAD_SECONDS` before a peak and is back as long after it, along
    a Hann window: it adds nothing beyond some hundred Hz around each component of the sound. Peaks
    between samples are found by four times oversampling. A sound that fits is returned unchanged.

    Args:
        waveform: float32 `(batch, samples)`, of any level.
        sample_rate: Hz.
        linked: whether the rows are channels of one sound, which have one gain.

    Returns:
        float32 `(batch, samples)` in [-1, 1].
    """
    if linked:
        fits = ops.max(ops.abs(waveform)) <= 1.0
    else:
        fits = ops.max(ops.abs(waveform), axis=1, keepdims=True) <= 1.0
    limited = waveform * peak_gain(waveform, sample_rate, linked)
    return ops.where(fits, waveform, ops.clip(limited, -1.0, 1.0))


def at_level(waveform: Tensor, level: Tensor, sample_rate: int, linked: bool = False) -> Tensor:
    """A sound at a root mean square, `(batch, 1)` or one for all, with peaks turned down.

    Where peaks leave no room for the level, it is a little softer. Other arguments and the result
    are those of `limit_peaks`.
    """
    for _ in range(_ROUNDS):
        now = ops.sqrt(ops.mean(ops.square(rms(waveform)))) if linked else rms(waveform)
        waveform = limit_peaks(waveform * (level / now), sample_rate, linked)
    return waveform


def peak_gain(waveform: Tensor, sample_rate: int, linked: bool = False) -> Tensor:
    """The gain under which no peak exceeds `CEILING`; arguments as for `limit_peaks`.

    Returns:
        float32 `(batch, samples)` in (0, 1], of one row if `linked`.
    """
    half = max(round(LOOK_AHEAD_SECONDS / 2 * sample_rate), 1)  # of the peaks, and of the window
    peaks = _true_peaks(waveform)
    if linked:
        peaks = ops.max(peaks, axis=0, keepdims=True)
    peaks = _largest_around(peaks, half)
    reduction = 1.0 - CEILING / ops.maximum(peaks, CEILING)
    window = np.hanning(2 * half + 3)[1:-1].astype("float32")
    window /= window.sum()
    edge = np.ones((1, half), "float32")
    held = ops.concatenate([reduction[:, :1] * edge, reduction, reduction[:, -1:] * edge], axis=1)
    return 1.0 - _convolve(held, window[:, np.newaxis], "valid")[..., 0]


def _true_peaks(waveform):
    """The largest magnitude at each sample and between it and the next."""
    between = ops.abs(_convolve(waveform, _interpolation()))
    return ops.maximum(ops.abs(waveform), ops.max(between, axis=-1))


def _convolve(waveform, kernel, padding="same"):
    """`(batch, samples)` with a kernel `(taps, outputs)`: `(batch, samples, outputs)`."""
    kernel = kernel[:, np.newaxis]
    return ops.conv(waveform[..., np.newaxis], kernel, padding=padding, data_format="channels_last")


@functools.cache
def _interpolation() -> Array:
    """Windowed sincs for the points between a sample and the next: `(taps, phases - 1)`."""
    offsets = np.arange(_TAPS)[:, np.newaxis] - (_TAPS - 1) // 2
    distance = offsets - np.arange(1, _PHASES) / _PHASES
    window = np.cos(np.pi * distance / _TAPS) ** 2
    return (np.sinc(distance) * window).astype("float32")


def _largest_around(peaks, half):
    """The largest of the values that lie at most `half` samples away, by doubling shifts."""
    peaks = ops.pad(peaks, [[0, 0], [half, half]])
    missing, shift = 2 * half, 1
    while missing:
        shift = min(shift, missing)
        peaks = ops.maximum(peaks[:, :-shift], peaks[:, shift:])
        missing, shift = missing - shift, 2 * shift
    return peaks
