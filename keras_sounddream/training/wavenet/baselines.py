"""What is known of the next sample without a network: of no past at all, or of one sample."""

import math

import numpy as np

from keras_sounddream.audio.mu_law import waveform_to_levels

_MOST_AT_ONCE = 1 << 20  # samples that are rounded at a time
_MARGINAL_SHARE = 32  # samples' worth of the marginal that each row of a chain begins with


def level_pairs(sounds, levels=256):
    """Counts which level follows which; what comes before a sound is silence.

    Args:
        sounds: `Sounds`.
        levels: int, of mu-law.

    Returns:
        int64 `(levels, levels)`, by the level before and the level itself.
    """
    counts = np.zeros(levels * levels, "int64")
    silence = int(waveform_to_levels(np.zeros(1, "float32"), levels)[0])
    for start, length in zip(sounds.starts, sounds.lengths, strict=True):
        before = silence
        for first in range(start, start + length, _MOST_AT_ONCE):
            piece = sounds.samples[first : min(first + _MOST_AT_ONCE, start + length)]
            rounded = waveform_to_levels(piece.astype("float32") / 32768, levels)
            found = np.concatenate([[before], np.asarray(rounded, "int64")])
            counts += np.bincount(found[:-1] * levels + found[1:], minlength=levels * levels)
            before = found[-1]
    return counts.reshape(levels, levels)


def marginal_nats(trained, measured=None):
    """Gives the nats a sample of predicting each level by how often it came.

    Args:
        trained: `(levels, levels)` of `level_pairs`, that the shares are of.
        measured: `(levels, levels)` of `level_pairs`, that is predicted; `None` for `trained`,
            of which this is the entropy.

    Returns:
        float.
    """
    counts = trained.sum(0)
    aims = counts if measured is None else measured.sum(0)
    if measured is not None:
        counts = counts + 1.0  # no level is impossible
    seen = aims > 0
    return float(-(aims[seen] * np.log(counts[seen] / counts.sum())).sum() / aims.sum())


def markov_nats(trained, measured):
    """Gives the nats a sample of a chain of order 1.

    A row of the chain begins with as much of the marginal as 32 samples make.

    Args:
        trained: as of `marginal_nats`.
        measured: as of `marginal_nats`.

    Returns:
        float.
    """
    marginal = trained.sum(0) + 1.0
    smooth = trained + _MARGINAL_SHARE * marginal / marginal.sum()
    chances = smooth / smooth.sum(1, keepdims=True)
    return float(-(measured * np.log(chances)).sum() / measured.sum())


def bits(nats):
    """Nats as bits: float."""
    return nats / math.log(2)
