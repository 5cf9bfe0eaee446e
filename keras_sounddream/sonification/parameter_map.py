"""Activations as additive voices, whose pitch and loudness they drive: NumPy alone."""

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.sonification.inverse_fft import check_planes

_BEND_OCTAVES = 1.0  # from answering in the lowest band alone to the highest alone
_HARMONICS = 4  # of each voice, each as loud as its number says
_FADE_SECONDS = 0.01
_PEAK = 0.9


def map_to_voices(planes, sample_rate, seconds, voices=16, lowest_hz=110.0, octaves=4.0):
    """Gives each of the liveliest filters a voice.

    The filters whose loudness changes most have one each. A voice is as loud as its filter
    answers, averaged over the bands, at that time. Its note is the higher, the higher the bands in
    which the filter answers over the whole of the sound; and it glides, half an octave either way,
    as they move.

    Args:
        planes: sequence of float arrays `(frames, bands)`.
        sample_rate: int, Hz.
        seconds: float, s, over which the frames are spread.
        voices: int, at most; fewer if there are fewer filters.
        lowest_hz: float, Hz, of the lowest voice.
        octaves: float, from the lowest voice to the highest.

    Returns:
        float32 `(voices, samples)`, such that their sum is in [-0.9, 0.9]; a filter that answers
        the same everywhere is silent.

    Raises:
        InputError: if there are no planes, or a setting is out of its range.
    """
    check_planes(planes)
    check_settings(sample_rate, seconds, voices, lowest_hz, octaves)
    loudness, heights = _curves(planes)
    chosen = np.sort(np.argsort(-loudness.std(axis=1), kind="stable")[:voices])
    loudness, heights = loudness[chosen], heights[chosen]
    notes = np.empty(len(chosen))
    notes[np.argsort(_means(heights, loudness), kind="stable")] = np.linspace(0, 1, len(chosen))
    num_samples = max(1, round(seconds * sample_rate))
    made = np.empty((len(chosen), num_samples), "float32")
    for i, note in enumerate(notes):
        bend = _BEND_OCTAVES * (heights[i] - _means(heights[i], loudness[i]))
        hz = lowest_hz * 2.0 ** (octaves * note + bend)
        made[i] = _voice(_spread(hz, num_samples), _spread(loudness[i], num_samples), sample_rate)
    peak = np.abs(made.sum(axis=0)).max()
    return made * (_PEAK / peak if peak > 0 else 1.0)


def _curves(planes):
    """How loud each filter is and where its bands' middle lies: two floats `(filters, frames)`."""
    loudness, heights = [], []
    for plane in planes:
        plane = np.asarray(plane, "float64")
        lowest, highest = plane.min(), plane.max()
        share = (plane - lowest) / (highest - lowest) if highest > lowest else 0.0 * plane
        total = share.sum(axis=1)
        places = (np.arange(plane.shape[1]) + 0.5) / plane.shape[1]
        middle = np.divide(share @ places, total, out=np.full(len(plane), 0.5), where=total > 0)
        loudness.append(total / plane.shape[1])
        heights.append(middle)
    loudness = np.stack(loudness)
    peak = loudness.max()
    return loudness / (peak if peak > 0 else 1.0), np.stack(heights)


def _means(heights, loudness):
    """Mean height, the loud times counting more."""
    total = loudness.sum(axis=-1)
    return (heights * loudness).sum(axis=-1) / np.where(total > 0, total, 1.0)


def _spread(curve, num_samples):
    """A curve of frames at every sample, straight between the frames' middles."""
    middles = (np.arange(len(curve)) + 0.5) * num_samples / len(curve)
    return np.interp(np.arange(num_samples) + 0.5, middles, curve)


def _voice(hz, loudness, sample_rate):
    phase = 2 * np.pi * np.cumsum(hz / sample_rate)  # radians, for the pitch glides
    total = np.zeros(len(hz))
    for number in range(1, _HARMONICS + 1):
        audible = number * hz < sample_rate / 2
        total += audible * np.sin(number * phase) / number
    fade = max(1, min(round(_FADE_SECONDS * sample_rate), len(hz) // 2))
    ramp = np.minimum(1.0, (np.arange(len(hz)) + 0.5) / fade)
    return total * loudness * ramp * ramp[::-1]


def check_settings(sample_rate=24000, seconds=1.0, voices=16, lowest_hz=110.0, octaves=4.0):
    """Checks the settings of `map_to_voices`, whose arguments these are.

    Raises:
        InputError: if one is out of its range.
    """
    for name, value, least, most in (
        ("sample_rate", sample_rate, 1000, 1e6),
        ("seconds", seconds, 0.01, 86400),
        ("voices", voices, 1, 4096),
        ("lowest_hz", lowest_hz, 10, 20000),
        ("octaves", octaves, 0, 10),
    ):
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not least <= value <= most:
            raise InputError(f"`{name}` must be from {least:g} to {most:g}. Received: {value!r}")
    if not isinstance(voices, int | np.integer):
        raise InputError(f"`voices` must be a whole number. Received: {voices!r}")
