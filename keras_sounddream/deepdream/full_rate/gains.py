"""Gains of a dream, cell by cell of the spectrogram, at another sample rate than the network's.

A network hears up to half its sample rate. Above that, the gain begins at that just below the
edge, as a change of power, and comes in one octave to the mean, in dB, of the half octave
below: so the edge does not show, and what is peaks and gaps below does not become all peak above.
Both follow the sound, smoothed over 50 ms.
"""

import dataclasses

import numpy as np

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.spectral.stft import stft
from keras_sounddream.types import Array

_MOST = 40.0 * np.log(10) / 20  # nepers up or down
_FLOOR_POWER = 2.0**-30  # per sample, about that of `SpectrogramParam.dither`: less is no sound
# In parts of half the network's rate; resamplers fall off from 0.91 on and end at 1.
_GOES_OVER = (0.92, 0.95)  # from the network's own gains to those above
_HALF_OCTAVE, _EDGE = (0.66, 0.94), (0.90, 0.95)
_SMOOTHED_SECONDS = 0.05
_LEAST_FRAME = 8  # samples


@dataclasses.dataclass(frozen=True)
class Gains:
    """Natural logarithms of gains, each float32.

    Attributes:
        cells: `(frames, bins)`.
        edge: `(frames, 1)`, at the upper edge of what the network hears.
        mean: `(frames, 1)`, of the half octave below it.
    """

    cells: Array
    edge: Array
    mean: Array


def measure(source: Array, dream: Array, analysis: Analysis) -> Gains:
    """Gains from 0.01 to 100 of each cell; 1 where there is no sound.

    The powers are averaged over neighbouring frames and bins, which a frame's window mixes anyway:
    where partials cancel in a cell of the source, its own ratio would be chance.

    Args:
        source: float32 `(1, samples)`.
        dream: float32 `(1, samples)`.
        analysis: of the dream.
    """
    both = np.concatenate([source, dream])
    real, imaginary = (np.asarray(part) for part in stft(both, analysis, "fft"))
    powers = np.stack([smoothed(power) for power in real**2 + imaginary**2])
    powers += 4 * _FLOOR_POWER * analysis.frame_length * 3 / 8  # of a Hann window
    cells = _log_ratio(powers)
    edge = np.stack([_over_time(power, analysis) for power in powers[..., _bins(powers, _EDGE)]])
    mean = _over_time(cells[:, _bins(cells, _HALF_OCTAVE)], analysis)
    return Gains(cells, _log_ratio(edge), mean)


def at_frames(gains: Gains, analysis: Analysis, wanted: Analysis, num_frames: int) -> Array:
    """Log gains of the frames and bins of another analysis: `(frames, bins)`."""
    times = [
        _times(one, count) for one, count in ((wanted, num_frames), (analysis, len(gains.cells)))
    ]
    bins = [np.arange(one.num_bins) * one.bin_hz for one in (wanted, analysis)]
    cells = _between(_between(gains.cells, *times).T, *bins).T
    most = analysis.sample_rate / 2
    if wanted.sample_rate / 2 <= most:
        return cells
    place = bins[0] / most
    octave = 0.5 + 0.5 * np.cos(np.pi * np.clip(np.log2(np.maximum(place, 1)), 0, 1))
    edge, mean = (_between(level, *times) for level in (gains.edge, gains.mean))
    begin, end = _GOES_OVER
    share = 0.5 - 0.5 * np.cos(np.pi * np.clip((place - begin) / (end - begin), 0, 1))
    above = slice(int(np.argmax(share > 0)), None)
    levels = mean + octave[above].astype("float32") * (edge - mean)
    cells[:, above] += share[above].astype("float32") * (levels - cells[:, above])
    return cells


def at_rate(analysis: Analysis, sample_rate: int) -> Analysis:
    """The analysis at another rate: frames as long, bins as wide, as whole samples allow."""
    ratio = sample_rate / analysis.sample_rate
    length = max(round(analysis.frame_length * ratio), _LEAST_FRAME)
    step = min(max(round(analysis.frame_step * ratio), 1), length // 2)
    return dataclasses.replace(
        analysis,
        sample_rate=sample_rate,
        frame_seconds=length / sample_rate,
        step_seconds=step / sample_rate,
        fft_length=_quick(max(round(analysis.fft_length * ratio), length)),
        min_hz=0.0,
        max_hz=None,
    )


def smoothed(cells: Array) -> Array:
    """Cells `(frames, bins)` averaged with their neighbours in time and frequency."""
    for _ in range(2):
        padded = np.pad(cells, ((1, 1), (0, 0)), "edge")
        cells = (0.25 * (padded[:-2] + padded[2:]) + 0.5 * padded[1:-1]).T
    return cells


def _log_ratio(powers):
    """Log gain of powers `(2, …)`, before and after."""
    gains = 0.5 * np.log(powers[1] / powers[0])
    return np.clip(gains, -_MOST, _MOST).astype("float32")


def _bins(cells, places):
    place = np.linspace(0, 1, cells.shape[-1])
    return (place >= places[0]) & (place <= places[1])


def _over_time(cells, analysis):
    """Mean over bins `(frames, bins)`, smoothed over time: `(frames, 1)`."""
    window = np.hanning(2 * max(round(_SMOOTHED_SECONDS / analysis.step_seconds), 1) + 1)[1:-1]
    levels = np.pad(cells.mean(axis=1), len(window) // 2, "edge")
    levels = np.convolve(levels, window / window.sum(), "valid")
    return levels[:, np.newaxis].astype("float32")


def _times(analysis, count):
    """Seconds of the middles of the frames of `stft`."""
    starts = analysis.frame_step * np.arange(1, count + 1) - analysis.frame_length
    return (starts + analysis.frame_length / 2) / analysis.sample_rate


def _between(rows, wanted, places):
    """Rows at places of their own, interpolated linearly at those that are wanted."""
    position = np.interp(wanted, places, np.arange(len(places)))
    below = position.astype(int)
    above = np.minimum(below + 1, len(places) - 1)
    share = (position - below).astype("float32")[:, np.newaxis]
    return rows[below] + share * (rows[above] - rows[below])


def _quick(length):
    """The least even length from `length` on that has no prime factor above 7."""
    length += length % 2
    while True:
        rest = length
        for prime in (2, 3, 5, 7):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 2
