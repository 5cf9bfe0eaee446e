"""Predictions of the next sample without a network: from level counts, and from one sample."""

import math

import numpy as np

from keras_sounddream.audio.mu_law import waveform_to_levels
from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.types import Array

_MOST_AT_ONCE = 1 << 20  # samples that are rounded at a time
_MARGINAL_SHARE = 32  # samples' worth of the marginal that each row of a chain begins with


def level_pairs(sounds: Sounds, levels: int = 256) -> Array:
    """Counts of successive mu-law levels, beginning from silence: int64 `(levels, levels)`."""
    counts = np.zeros(levels * levels, "int64")
    silence = int(waveform_to_levels(np.zeros(1, "float32"), levels)[0])
    for start, length in zip(sounds.starts, sounds.lengths, strict=True):
        before = silence
        for first in range(start, start + length, _MOST_AT_ONCE):
            piece = sounds.samples[first : min(first + _MOST_AT_ONCE, start + length)]
            rounded = waveform_to_levels(piece.astype("float32") / 32768, levels)
            chain = np.concatenate([[before], np.asarray(rounded, "int64")])
            counts += np.bincount(chain[:-1] * levels + chain[1:], minlength=levels * levels)
            before = chain[-1]
    return counts.reshape(levels, levels)


def marginal_nats(trained: Array, measured: Array | None = None) -> float:
    """Nats per sample of predicting each level by its share in `trained`.

    Both are `(levels, levels)` of `level_pairs`; without `measured` this is the entropy of
    `trained`.
    """
    counts = trained.sum(0)
    aims = counts if measured is None else measured.sum(0)
    if measured is not None:
        counts = counts + 1.0  # no level is impossible
    seen = aims > 0
    return float(-(aims[seen] * np.log(counts[seen] / counts.sum())).sum() / aims.sum())


def markov_nats(trained: Array, measured: Array) -> float:
    """Nats per sample of a Markov chain of order 1; both are `(levels, levels)` of `level_pairs`.

    A row of the chain begins with as much of the marginal as 32 samples make.
    """
    marginal = trained.sum(0) + 1.0
    smooth = trained + _MARGINAL_SHARE * marginal / marginal.sum()
    chances = smooth / smooth.sum(1, keepdims=True)
    return float(-(measured * np.log(chances)).sum() / measured.sum())


def bits(nats: float) -> float:
    """Nats in bits."""
    return nats / math.log(2)
