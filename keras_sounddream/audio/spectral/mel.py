"""Mel scales and the matrices that gather frequency bins into mel bands."""

import functools
from typing import Any

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.types import Array


def hz_to_mel(hz: Array, mel_scale: str) -> Array:
    """Mel of hertz: `"htk"` is logarithmic throughout, `"slaney"` linear up to 1 kHz."""
    hz = np.asarray(hz, "float64")
    if mel_scale == "htk":
        return 1127.0 * np.log1p(hz / 700.0)
    linear = hz * 3 / 200
    logarithmic = 15 + 27 * np.log(np.maximum(hz, 1000.0) / 1000.0) / np.log(6.4)
    return np.where(hz < 1000.0, linear, logarithmic)


def mel_to_hz(mel: Array, mel_scale: str) -> Array:
    """Hertz of mel, the inverse of `hz_to_mel`."""
    mel = np.asarray(mel, "float64")
    if mel_scale == "htk":
        return 700.0 * np.expm1(mel / 1127.0)
    return np.where(mel < 15, mel * 200 / 3, 1000.0 * 6.4 ** ((np.maximum(mel, 15) - 15) / 27))


@functools.lru_cache(maxsize=16)
def mel_matrix(analysis: Any) -> Array:
    """The weights of `mel_weights`, of which none is of an empty band.

    Raises:
        InputError: if a band lies between two bins and so would always be empty.
    """
    weights = mel_weights(analysis)
    if not np.all(weights.max(axis=0) > 0):
        raise InputError(
            f"Expected every mel band to hold a frequency bin, {analysis.bin_hz:.1f} Hz apart. "
            f"Received: {analysis.num_mel_bins} bands from {analysis.min_hz} to "
            f"{analysis.max_hz} Hz. Use fewer bands, a higher `min_hz` or a longer `fft_length`."
        )
    return weights


@functools.lru_cache(maxsize=16)
def mel_weights(analysis: Any) -> Array:
    """Weight of each frequency bin in each mel band: float32 `(num_bins, num_mel_bins)`, read-only.

    With `"htk"` the triangles are straight on the mel axis and 0 Hz has no weight, as in
    `tf.signal`; with `"slaney"` they are straight on the hertz axis and of equal area, as in
    librosa. A band that lies between two bins is empty.
    """
    scale = analysis.mel_scale
    bins = np.arange(analysis.num_bins) * analysis.bin_hz
    low, high = hz_to_mel([analysis.min_hz, analysis.max_hz], scale)
    edges = np.linspace(low, high, analysis.num_mel_bins + 2)
    if scale == "htk":
        weights = _triangles(hz_to_mel(bins, scale), edges)
        weights[0] = 0
    else:
        edges = mel_to_hz(edges, scale)
        weights = _triangles(bins, edges) * 2 / (edges[2:] - edges[:-2])
    weights = weights.astype("float32")
    weights.setflags(write=False)
    return weights


def _triangles(bins, edges):
    """Triangles over neighbouring edges: `(bins, bands)`."""
    bins = bins[:, None]
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - lower) / (centre - lower)
    falling = (upper - bins) / (upper - centre)
    return np.maximum(0.0, np.minimum(rising, falling))
