"""Parameter mapping: activations drive pitch and loudness of additive voices, in NumPy alone."""

import numpy as np

from keras_sounddream.checks import check, integer, number
from keras_sounddream.sonification.inverse_fft import check_planes
from keras_sounddream.types import Array

_ALLOWED = {
    "sample_rate": number(1000, 1e6),
    "seconds": number(0.01, 86400),
    "voices": integer(1, 4096),
    "lowest_hz": number(10, 20000),
    "octaves": number(0, 10),
}
_BEND_OCTAVES = 1.0  # from activation in the lowest band alone to the highest alone
_HARMONICS = 4  # of each voice, the n-th at 1/n of the first's amplitude
_FADE_SECONDS = 0.01
_PEAK = 0.9


def map_to_voices(
    planes: Array,
    sample_rate: int,
    seconds: float,
    voices: int = 16,
    lowest_hz: float = 110.0,
    octaves: float = 4.0,
) -> Array:
    """Maps the filters that vary most to voices, one each.

    A voice's loudness follows its filter's activation over time, averaged over the bands. The
    higher the bands in which the filter is active over the whole sound, the higher the voice's
    note; the pitch glides, half an octave either way, as the active bands move.

    Args:
        planes: sequence of float arrays `(frames, bands)`.
        sample_rate: Hz.
        seconds: duration over which the frames are spread.
        voices: at most; fewer if there are fewer filters.
        lowest_hz: pitch of the lowest voice, Hz.
        octaves: from the lowest voice to the highest.

    Returns:
        float32 `(voices, samples)`, such that their sum is in [-0.9, 0.9]; a filter with constant
        activation is silent.

    Raises:
        InputError: if there are no planes, or a setting is out of its range.
    """
    check_planes(planes)
    pitches = {"lowest_hz": lowest_hz, "octaves": octaves}
    check_settings(sample_rate=sample_rate, seconds=seconds, voices=voices, **pitches)
    loudness, centroids = _curves(planes)
    chosen = np.sort(np.argsort(-loudness.std(axis=1), kind="stable")[:voices])
    loudness, centroids = loudness[chosen], centroids[chosen]
    notes = np.empty(len(chosen))
    notes[np.argsort(_means(centroids, loudness), kind="stable")] = np.linspace(0, 1, len(chosen))
    num_samples = max(1, round(seconds * sample_rate))
    waveforms = np.empty((len(chosen), num_samples), "float32")
    for i, note in enumerate(notes):
        bend = _BEND_OCTAVES * (centroids[i] - _means(centroids[i], loudness[i]))
        hz = _spread(lowest_hz * 2.0 ** (octaves * note + bend), num_samples)
        waveforms[i] = _tone(hz, _spread(loudness[i], num_samples), sample_rate)
    peak = np.abs(waveforms.sum(axis=0)).max()
    return waveforms * (_PEAK / peak if peak > 0 else 1.0)


def check_settings(**settings: float) -> None:
    """Refuses settings of `map_to_voices` that are out of their ranges."""
    for name, value in settings.items():
        check(name, value, _ALLOWED[name])


def _curves(planes):
    """Loudness of each filter, and centroid of its bands in [0, 1]: floats `(filters, frames)`."""
    loudness, centroids = [], []
    for plane in planes:
        plane = np.asarray(plane, "float64")
        lowest, highest = plane.min(), plane.max()
        share = (plane - lowest) / (highest - lowest) if highest > lowest else 0.0 * plane
        total = share.sum(axis=1)
        bands = (np.arange(plane.shape[1]) + 0.5) / plane.shape[1]
        middle = np.divide(share @ bands, total, out=np.full(len(plane), 0.5), where=total > 0)
        loudness.append(total / plane.shape[1])
        centroids.append(middle)
    loudness = np.stack(loudness)
    peak = loudness.max()
    return loudness / (peak if peak > 0 else 1.0), np.stack(centroids)


def _means(centroids, loudness):
    """Mean centroids over time, weighted by loudness."""
    total = loudness.sum(axis=-1)
    return (centroids * loudness).sum(axis=-1) / np.where(total > 0, total, 1.0)


def _spread(curve, num_samples):
    """A curve of frames interpolated linearly between the frames' centres: `(num_samples,)`."""
    centres = (np.arange(len(curve)) + 0.5) * num_samples / len(curve)
    return np.interp(np.arange(num_samples) + 0.5, centres, curve)


def _tone(hz, loudness, sample_rate):
    """A harmonic tone of a pitch and a loudness over time, faded in and out: `(samples,)`."""
    phase = 2 * np.pi * np.cumsum(hz / sample_rate)  # radians, because the pitch glides
    total = np.zeros(len(hz))
    for harmonic in range(1, _HARMONICS + 1):
        audible = harmonic * hz < sample_rate / 2
        total += audible * np.sin(harmonic * phase) / harmonic
    fade = max(1, min(round(_FADE_SECONDS * sample_rate), len(hz) // 2))
    ramp = np.minimum(1.0, (np.arange(len(hz)) + 0.5) / fade)
    return total * loudness * ramp * ramp[::-1]
