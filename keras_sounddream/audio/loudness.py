"""Levels of waveforms: RMS, decibels, and rounding to 16 bits."""

import math

import numpy as np
from keras import ops

from keras_sounddream.types import Tensor

SILENCE = 2e-6  # RMS below which a clip is silent; `rms` is 1e-6 for all zeros
_TINY = 1e-12
_NEPERS = math.log(10) / 20  # per dB


def rms(waveform: Tensor) -> Tensor:
    """Root mean square per clip.

    Args:
        waveform: float32 `(batch, samples)`.

    Returns:
        float32 `(batch, 1)`, linear; 1e-6 for silence.
    """
    return ops.sqrt(ops.mean(ops.square(waveform), axis=-1, keepdims=True) + _TINY)


def hold_level(waveform: Tensor, level: Tensor) -> Tensor:
    """Scales each clip to a root mean square.

    Args:
        waveform: float32 `(batch, samples)`.
        level: float32 `(batch, 1)`, root mean square.

    Returns:
        float32 `(batch, samples)`, of any peak: what is written goes through `limiter.at_level`.
    """
    return waveform * (level / rms(waveform))


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
