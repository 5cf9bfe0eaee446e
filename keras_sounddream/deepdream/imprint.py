"""A beginning for dreams of a class: the input, and in it the spectrogram of a sound of the class.

From a guide only magnitudes are taken. Their power is added to the input's, and phases follow by
rounds of Griffin and Lim's method from the input's own. The ascent that begins there has the
network's own idea of the class to improve on, where from the input alone it finds what persuades
that network and no other: see `docs/benchmarks/dreams/dream_heard.md`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.loudness import db_to_nepers, is_silent, rms
from keras_sounddream.audio.spectral.phase import refine_phase
from keras_sounddream.audio.spectral.stft import from_polar, istft, stft, to_polar
from keras_sounddream.audio.waveforms import check_scale
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, Tensor

LEVEL_DB = 16.0  # of a guide, above the input
ROUNDS = 10  # of the phase
MOST_GUIDES = 12  # that are tried
_AT_ONCE = 4


def imprint(
    source: Array, guide: Array, analysis: Analysis, level_db: float = LEVEL_DB
) -> np.ndarray:
    """Adds the power of guides' spectrograms to sounds, at the sounds' loudness.

    Args:
        source: float32 `(batch, samples)`.
        guide: float32 `(batch, samples)`, of any level but silence.
        analysis: of the spectrograms.
        level_db: of the guide's loudness, above the source's.

    Returns:
        float32 `(batch, samples)`.
    """
    source, guide = (tf.convert_to_tensor(x, "float32") for x in (source, guide))
    return _imprinted(source, guide, tf.constant(level_db, "float32"), analysis).numpy()


@tf.function(reduce_retracing=True, autograph=False)
def _imprinted(source, guide, level_db, analysis):
    level, samples = rms(source), tf.shape(source)[1]
    factor = level / rms(guide) * tf.exp(db_to_nepers(level_db))
    own, cosine, sine = to_polar(*stft(source, analysis, "fft"))
    theirs, _, _ = to_polar(*stft(guide * factor, analysis, "fft"))
    both = 0.5 * tf.reduce_logsumexp(tf.stack([2 * own, 2 * theirs]), axis=0)
    cosine, sine = refine_phase(both, cosine, sine, analysis, samples, ROUNDS)
    waveform = istft(*from_polar(both, cosine, sine), analysis, samples, "fft")
    return waveform * (level / rms(waveform))


def begin(
    dream: Any, source: Tensor, guides: Sequence[Array] | None, weights: Tensor | None
) -> Tensor:
    """Beginning of a run of a dream: its source, or made by guides, its own if none are given."""
    guides = dream.guides if guides is None else guides
    if not len(guides):
        return source
    return tf.constant(find_start(dream, source, guides, weights=weights))


def refuse(dream: Any) -> None:
    """Raises an `InputError` if a dream has guides, where only `run` can begin with them."""
    if len(dream.guides):
        raise InputError("Guides begin a dream in `run` alone: use that, or set `guides = ()`.")


def find_start(
    dream: Any,
    source: Array,
    guides: Sequence[Array],
    level_db: float = LEVEL_DB,
    weights: Array | None = None,
) -> np.ndarray:
    """The sound with one of some guides imprinted: that which the objective scores highest.

    Args:
        dream: `DeepDream` of sounds.
        source: float32 `(batch, samples)`, at `dream.sample_rate`.
        guides: float arrays `(samples,)` or `(1, samples)` of any length; where there are more than
            `MOST_GUIDES`, as many, spread evenly over the list, are tried.
        level_db: of a guide's loudness, above the source's.
        weights: float32 `(batch, terms)`, a factor for each term of the objective.

    Returns:
        float32 `(batch, samples)`, as loud as the source.

    Raises:
        InputError: if there is no guide, or one is silent or no such array.
    """
    if dream.param.kind != "sound":
        raise InputError(
            "Guides of a class begin dreams of sounds: of pictures and latents, give layers."
        )
    source = np.asarray(source, "float32")
    guides = [fitted(guide, source.shape[1]) for guide in _spread(guides)]
    factors = [None] * len(source) if weights is None else np.asarray(weights)
    return np.stack(
        [
            _best(dream, row, guides, level_db, factor)
            for row, factor in zip(source, factors, strict=True)
        ]
    )


def fitted(guide: Array, samples: int) -> np.ndarray:
    """The loudest stretch of a guide of so many samples; a shorter one begins again.

    Raises:
        InputError: if it is silent, far over full scale, or no array `(samples,)` or
            `(1, samples)`.
    """
    guide = np.asarray(guide, "float32")
    if guide.size == 0 or guide.size != guide.shape[-1] or not np.isfinite(guide).all():
        raise InputError(
            f"A guide must be finite numbers (samples,) or (1, samples). Received: {guide.shape}"
        )
    guide = guide.reshape(-1)
    check_scale(float(np.abs(guide).max()), "a guide")
    if is_silent(guide[np.newaxis])[0]:
        raise InputError("A guide is silent: it has nothing for a dream to begin with.")
    guide = np.resize(guide, max(samples, len(guide)))
    energy = np.concatenate([[0.0], np.cumsum(np.square(guide, dtype="float64"))])
    first = int(np.argmax(energy[samples:] - energy[: len(energy) - samples]))
    return guide[first : first + samples]


def _spread(guides):
    if not isinstance(guides, list | tuple | np.ndarray) or len(guides) == 0:
        raise InputError("Expected a list of at least one guide, a sound of the class.")
    places = np.linspace(0, len(guides) - 1, min(len(guides), MOST_GUIDES)).round().astype(int)
    return [guides[place] for place in places]


def _best(dream, row, guides, level_db, factor):
    best, highest = row, -np.inf
    for first in range(0, len(guides), _AT_ONCE):
        some = np.stack(guides[first : first + _AT_ONCE])
        rows = np.repeat(row[np.newaxis], len(some), axis=0)
        begun = imprint(rows, some, dream.analysis, level_db)
        weights = None if factor is None else tf.constant(np.tile(factor, (len(some), 1)))
        scores = np.asarray(
            dream.ascent.traced.score(tf.constant(begun), tf.constant(rows), weights)
        )
        if scores.max() > highest:
            best, highest = begun[scores.argmax()], scores.max()
    return best
