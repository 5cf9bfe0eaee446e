"""Dreams of a network, in mono and at its rate, done to every channel at the sound's own rate.

Each channel gets the same real gain in each cell of the spectrogram, so that phases and the stereo
picture stay. What gains cannot do, such as new phases, is a rest at the network's rate: it is added
where in the picture the cell's sound is. The mean of the channels, at the network's rate, is the
dream.
"""

import numpy as np

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.edges import fade_edges
from keras_sounddream.audio.io import resample
from keras_sounddream.audio.limiter import at_level, limit_peaks
from keras_sounddream.audio.spectral.stft import istft, stft
from keras_sounddream.deepdream.full_rate.gains import at_frames, at_rate, measure, smoothed
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.types import Array

_TINY = 1e-12


def render(
    source: Array,
    dream: Array,
    analysis: Analysis,
    original: Array,
    sample_rate: int,
    rendering: Rendering,
    share: Array | None = None,
) -> Array:
    """The sound to write: the original, dreamed as far as a `Rendering` says.

    Args:
        source: float32 `(1, samples)`, the mean of the channels at the analysis' rate.
        dream: float32 `(1, samples)`, dreamed on it.
        analysis: of the dream.
        original: float32 `(channels, samples)`, of the region in time alone.
        sample_rate: Hz, of the original.
        rendering: mix and band are read off it.
        share: float32 `(samples,)`, how much of the dream there is in each; by default the mix.

    Returns:
        float32, of the original's shape, in [-1, 1] where the original is. As loud as the original,
        all channels together, where all of it is dreamed; the original itself, to the bit, where
        the dream is the source.
    """
    dreamed = apply(source, dream, analysis, original, sample_rate)
    if rendering.band is not None:
        dreamed = original + rendering.filtered(dreamed - original, sample_rate)
        dreamed = limited(dreamed, sample_rate)
    share = rendering.mix if share is None else share
    if np.all(share == 1):
        return dreamed
    return original + (share * (dreamed - original)).astype("float32")


def apply(
    source: Array, dream: Array, analysis: Analysis, original: Array, sample_rate: int
) -> Array:
    """The original with the dream done to it, at the original's loudness; arguments as `render`'s.

    Its mono mix at the analysis' rate is the dream, up to one factor for the loudness.
    """
    if sample_rate == analysis.sample_rate and len(original) == 1:
        return dream
    dreamed = original + find_change(source, dream, analysis, original, sample_rate)
    before, after = (float(np.vdot(x, x)) for x in (original, dreamed))
    dreamed = dreamed * np.float32(np.sqrt(before / after) if after else 1.0)
    if np.abs(dreamed).max() <= 1:
        return dreamed
    level = np.sqrt(before / original.size)
    return np.asarray(at_level(dreamed, np.float32(level), sample_rate, linked=True))


def limited(waveform: Array, sample_rate: int) -> Array:
    """A sound `(channels, samples)` whose peaks are within [-1, 1], under one gain."""
    if np.abs(waveform).max() <= 1:
        return waveform
    return np.asarray(limit_peaks(waveform, sample_rate, linked=True))


def find_change(
    source: Array, dream: Array, analysis: Analysis, original: Array, sample_rate: int
) -> Array:
    """Change to add to a sound at its own rate so that its mono mix becomes the dream.

    Arguments as `render`'s. Returns float32, of the original's shape; exactly 0 where the dream is
    the source.
    """
    samples = original.shape[1]
    wanted = at_rate(analysis, sample_rate)
    cells = _cells(original, wanted)
    picture = None if len(original) == 1 else _Picture(cells)
    gains = measure(source, dream, analysis)
    factor = np.exp(at_frames(gains, analysis, wanted, cells[0].shape[1]))
    if picture is not None:
        factor = picture.bounded(factor)
    real, imaginary = (part * (factor - 1) for part in cells)
    change = np.asarray(istft(real, imaginary, wanted, samples, "fft"))
    heard = resample(change.mean(axis=0, keepdims=True), sample_rate, analysis.sample_rate)
    rest = dream - source - _fitted(heard, source.shape[1])
    rest = _fitted(resample(rest, analysis.sample_rate, sample_rate), samples)
    if picture is not None and rest.any():
        rest = picture.placed(rest, cells, wanted)
    return np.asarray(fade_edges(change + rest, wanted))


class _Picture:
    """How the sound of each cell is spread over the channels `cells`, and how far their mean tells.

    It does where the mean has its share of the power or more, as all channels do that agree, or one
    alone; not where the channels cancel.
    """

    def __init__(self, cells):
        channels = len(cells[0])
        self._mono = [part.mean(axis=0) for part in cells]
        self._power = smoothed(sum(part**2 for part in self._mono)) + _TINY
        whole = smoothed(sum((part**2).mean(axis=0) for part in cells)) + _TINY
        self._trust = np.minimum(channels * self._power / whole, 1.0)

    def bounded(self, factor):
        """Gains that raise no cell, where channels cancel, far above what the mean becomes."""
        raised = np.sqrt(1 + self._trust * (np.maximum(factor, 1) ** 2 - 1))
        return np.where(factor > 1, raised, factor)

    def placed(self, rest, cells, analysis):
        """A mono sound in the channels, whose mean it is, as the cells' sound is spread."""
        trust = self._trust / self._power
        rest_cells = [part[0] for part in _cells(rest, analysis)]
        placed = []
        for channel in zip(*cells, strict=True):
            along = sum((c - m) * m for c, m in zip(channel, self._mono, strict=True))
            share = 1 + trust * smoothed(along)
            real, imaginary = ((share * part)[np.newaxis] for part in rest_cells)
            placed.append(istft(real, imaginary, analysis, rest.shape[1], "fft"))
        return np.concatenate(placed)


def _cells(waveform, analysis):
    return [np.asarray(part) for part in stft(waveform, analysis, "fft")]


def _fitted(waveform, samples):
    """A waveform `(1, …)` cut or padded to `(1, samples)`."""
    return np.pad(waveform[:, :samples], ((0, 0), (0, max(samples - waveform.shape[1], 0))))
