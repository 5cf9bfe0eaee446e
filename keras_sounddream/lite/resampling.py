"""Another sample rate: by soxr where it is installed, and by a windowed sinc where it is not."""

import importlib.util
import math

import numpy as np

from keras_sounddream.errors import InputError

_ZERO_CROSSINGS = 64  # of the sinc, to each side
_ROLL_OFF = 0.945  # of half the lower rate, where the filter is down by half
_KAISER_BETA = 14.8  # stop band below -140 dB


def resampler():
    """Names what changes sample rates here: `"soxr"`, or `"numpy"` where that is missing."""
    return "soxr" if importlib.util.find_spec("soxr") else "numpy"


def resample(waveform, from_rate, to_rate, method=None):
    """Changes the sample rate, band-limited.

    Args:
        waveform: float32 `(samples,)`.
        from_rate: int, Hz.
        to_rate: int, Hz.
        method: str, `"soxr"` or `"numpy"`; by default `resampler()`.

    Returns:
        float32 `(samples * to_rate / from_rate,)`, rounded, at least one sample.

    Raises:
        InputError: if a rate is no whole number above zero.
    """
    for rate in (from_rate, to_rate):
        if rate != int(rate) or rate < 1:
            raise InputError(f"Expected sample rates in Hz. Received: {from_rate} and {to_rate}.")
    if from_rate == to_rate:
        return waveform
    if (method or resampler()) == "soxr":
        import soxr

        found = soxr.resample(waveform, from_rate, to_rate, quality="HQ")
    else:
        found = _by_sinc(waveform, int(from_rate), int(to_rate))
    count = max(round(len(waveform) * to_rate / from_rate), 1)
    return np.pad(found, (0, max(count - len(found), 0)))[:count].astype("float32")


def _by_sinc(waveform, from_rate, to_rate):
    """Every `made`-th sample has the same place between its neighbours, hence the same filter."""
    divisor = math.gcd(from_rate, to_rate)
    step, made = from_rate // divisor, to_rate // divisor  # samples in and out of a period
    stretch = max(step / made, 1.0)
    reach = math.ceil(_ZERO_CROSSINGS * stretch / _ROLL_OFF)
    count = max(round(len(waveform) * made / step), 1)
    periods = -(-count // made)
    behind = max(periods * step + reach + 1 - len(waveform), 0)
    padded = np.pad(waveform.astype("float32"), (reach, behind))
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    found = np.empty((periods, made), "float32")
    for phase in range(made):
        first, rest = divmod(phase * step, made)
        distance = (np.arange(-reach, reach + 1) - rest / made) / stretch
        found[:, phase] = around[first::step][:periods] @ (_kernel(distance) / stretch)
    return found.reshape(-1)[:count]


def _kernel(distance):
    """Windowed sinc at distances in samples of the lower rate: float32 `(taps,)`."""
    place = np.clip(distance * _ROLL_OFF / _ZERO_CROSSINGS, -1, 1)
    window = np.i0(_KAISER_BETA * np.sqrt(1 - place**2)) / np.i0(_KAISER_BETA)
    return (_ROLL_OFF * np.sinc(_ROLL_OFF * distance) * window).astype("float32")
