"""Levels of waveforms: RMS, decibels, a guard against peaks, and rounding to 16 bits."""

import math

import numpy as np
from keras import ops

from keras_sounddream.types import Tensor

SILENCE = 2e-6  # RMS below which a clip is silent; `rms` is 1e-6 for all zeros
_TINY = 1e-12
_KNEE = 0.9  # peaks below it pass unchanged
_ROOM = 0.0999  # above the knee; a little short of 1, since additions round
_NEPERS = math.log(10) / 20  # per dB


def rms(waveform: Tensor) -> Tensor:
    """Root mean square per clip.

    Args:
        waveform: float32 `(batch, samples)`.

    Returns:
        float32 `(batch, 1)`, linear; 1e-6 for silence.
    """
    return ops.sqrt(ops.mean(ops.square(waveform), axis=-1, keepdims=True) + _TINY)


def hold_level(waveform: Tensor, level: Tensor, rounds: int = 1) -> Tensor:
    """Scales each clip to a root mean square, with no peak above 1.

    Args:
        waveform: float32 `(batch, samples)`.
        level: float32 `(batch, 1)`, root mean square.
        rounds: times that level and peaks are set; bending peaks costs loudness, and each further
            round restores some of it.

    Returns:
        float32 `(batch, samples)` in [-1, 1]; smooth, so that gradients pass.
    """
    for _ in range(rounds):
        waveform = guard_peaks(waveform * (level / rms(waveform)))
    return waveform


@ops.custom_gradient
def guard_peaks(waveform: Tensor) -> Tensor:
    """Bends samples above 0.9 so that none reaches 1: float32 `(batch, samples)` in [-1, 1]."""
    straight = ops.clip(waveform, -_KNEE, _KNEE)
    bent = ops.tanh((waveform - straight) * (1 / _ROOM))

    def gradient(*args, upstream=None):
        return (args[0] if upstream is None else upstream) * (1.0 - ops.square(bent))

    return straight + _ROOM * bent, gradient


def nepers_to_db(nepers: Tensor) -> Tensor:
    """Converts natural logarithms of magnitude to decibels."""
    return nepers / _NEPERS


def db_to_nepers(db: Tensor) -> Tensor:
    """Converts decibels to natural logarithms of magnitude."""
    return db * _NEPERS


def round_to_16_bits(waveform: Tensor) -> Tensor:
    """The waveform as a 16-bit file holds it (`audio.io.quantize`), still as float32."""
    return ops.clip(ops.round(waveform * 32768), -32768, 32767) / 32768


def is_silent(waveforms: Tensor) -> np.ndarray:
    """Tells which waveforms `(batch, samples)` are silent: bool `(batch,)`."""
    return np.asarray(rms(waveforms))[:, 0] < SILENCE
