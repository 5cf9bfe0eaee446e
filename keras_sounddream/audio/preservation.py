"""Share of a sound that a change took away, and the likeness of the rest."""

import numpy as np

from keras_sounddream.types import Array

FRAME_SECONDS, STEP_SECONDS = 0.040, 0.010
HEARD_DB = 50.0  # cells of the source within this of its loudest are what can be lost
LOST_DB = 20.0  # a cell that fell by more than this is lost
_FRAMES_AT_ONCE = 256
_FLOOR_DB = 80.0  # below the loudest cell: levels below it count as equal


def lost(source: Array, changed: Array, sample_rate: int) -> Array:
    """The share of a sound that a change took away.

    Of the time-frequency cells of `source` (40 ms) within 50 dB of its loudest, those whose level
    fell by more than 20 dB, both sounds at equal loudness.

    Args:
        source: float `(batch, samples)`.
        changed: float `(batch, samples)`, the same sounds after the change.
        sample_rate: Hz.

    Returns:
        float64 `(batch,)`, 0 to 1; 0 for silence.
    """
    return np.array([_lost(*pair) for pair in _levels(source, changed, sample_rate)])


def similarity(source: Array, changed: Array, sample_rate: int) -> Array:
    """Correlation of the dB spectrograms of sounds before and after a change.

    Arguments as for `lost`. Levels are cut off 80 dB below each sound's loudest.

    Returns:
        float64 `(batch,)`, -1 to 1; 1 where both are constant.
    """
    return np.array([_correlation(*pair) for pair in _levels(source, changed, sample_rate)])


def _lost(before, after):
    heard = before > before.max() - HEARD_DB
    return float(np.mean(after[heard] < before[heard] - LOST_DB)) if before.max() > 0 else 0.0


def _correlation(before, after):
    before, after = (np.maximum(x, x.max() - _FLOOR_DB) for x in (before, after))
    before, after = before - before.mean(), after - after.mean()
    size = np.sqrt(np.mean(before**2) * np.mean(after**2))
    return float(np.mean(before * after) / size) if size > 0 else 1.0


def _levels(source, changed, rate):
    """Levels in dB of both of each pair, `(frames, bins)`, at equal loudness."""
    for pair in zip(source, changed, strict=True):
        yield tuple(_spectrogram_db(np.asarray(one, "float64"), rate) for one in pair)


def _spectrogram_db(waveform, rate):
    length, step = round(FRAME_SECONDS * rate), round(STEP_SECONDS * rate)
    power = np.mean(waveform**2)
    waveform = np.pad(waveform / np.sqrt(power if power > 0 else 1.0), length // 2)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, length)[::step]
    window = np.hanning(length + 1)[:-1]
    parts = [
        np.abs(np.fft.rfft(part * window))
        for part in np.array_split(frames, len(frames) // 256 + 1)
    ]
    return 20 * np.log10(np.concatenate(parts) + 1e-9)
