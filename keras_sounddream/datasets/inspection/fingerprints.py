"""Audio fingerprints of sounds, and matches between them.

One 32-bit word per 16 ms: the sign of the change over time of the energy difference of neighbouring
bands. Words do not depend on the level, and hardly on lossy coding (Haitsma and Kalker, *A Highly
Robust Audio Fingerprinting System*, 2002,
https://archives.ismir.net/ismir2002/paper/000019.pdf).
"""

import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_sounddream.audio.streaming import read_blocks
from keras_sounddream.types import Array, PathLike

RATE = 8000  # Hz
STEP_SECONDS = 0.016

_STEP = round(STEP_SECONDS * RATE)
_WINDOW = 2048  # samples
_BANDS = 33
_RANGE = (300.0, 3400.0)  # Hz
_DEPTH = 1e-6  # power relative to the loudest frame, below which a frame is ignored
_FLOOR = 1e-7  # power of a window, about -60 dB of full scale, below which a frame is ignored
_AT_ONCE = 2048  # windows transformed together

_NEIGHBOURS = 24  # next occurrences of a word that are compared
_VOTES = 3  # equal words at one shift, from which on two sounds are compared
_MOST_DIFFERENT = 0.2  # share of bits, for a match
_SAME = 0.07  # share of bits, for the same sound
_LEAST_SECONDS = 0.5  # of a match


@dataclasses.dataclass(frozen=True)
class Fingerprint:
    """Fingerprint of a sound: `words`, uint32 `(frames,)`, and `audible`, bool `(frames,)`."""

    words: np.ndarray
    audible: np.ndarray


@dataclasses.dataclass(frozen=True)
class Match:
    """Two sounds that match, wholly or in part.

    Attributes:
        first: index of a sound.
        second: index of another, greater.
        seconds: duration of the match.
        shift_seconds: how much earlier it is in the second.
        different: share of bits that differ.
        same: whether the whole sounds match, without a shift.
    """

    first: int
    second: int
    seconds: float
    shift_seconds: float
    different: float
    same: bool


def fingerprint_file(path: PathLike) -> Fingerprint:
    """The fingerprint of a sound file."""
    blocks: Any = read_blocks(path, RATE)
    with contextlib.closing(blocks):
        return fingerprint(np.concatenate(list(blocks)))


def fingerprint(waveform: Array) -> Fingerprint:
    """The fingerprint of a waveform `(samples,)` at 8 kHz."""
    padded = np.pad(waveform.astype("float32"), _WINDOW // 2)
    starts = np.arange(0, len(padded) - _WINDOW + 1, _STEP)
    edges = np.round(np.geomspace(*_RANGE, _BANDS + 1) * _WINDOW / RATE).astype(int)
    window = np.hanning(_WINDOW).astype("float32")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)
    energies = []
    for first in range(0, len(starts), _AT_ONCE):
        spectrum = np.fft.rfft(windows[starts[first : first + _AT_ONCE]] * window)
        power = np.square(np.abs(spectrum))[:, : edges[-1]]
        energies.append(np.add.reduceat(power, edges[:-1], axis=1))
    energy = np.concatenate(energies)
    falls = energy[:, :-1] - energy[:, 1:]
    bits = np.diff(falls, axis=0, prepend=falls[:1]) > 0
    words = np.packbits(bits, axis=1).view(">u4")[:, 0].astype("uint32")
    loud = energy.sum(axis=1) / np.square(window).sum() / _WINDOW
    audible = loud > max(loud.max() * _DEPTH, _FLOOR)
    audible[0] = False
    return Fingerprint(words, audible)


def find_matches(fingerprints: Sequence[Fingerprint]) -> list[Match]:
    """Pairs of sounds that match, sorted, each at the shift where most words are equal."""
    matches = []
    for first, second, shift in _candidates(fingerprints):
        match = _compare(fingerprints[first], fingerprints[second], first, second, shift)
        if match is not None:
            matches.append(match)
    return sorted(matches, key=lambda match: (match.first, match.second))


def _candidates(fingerprints):
    """Triples of two sounds and a shift in frames at which several words are equal."""
    frames = [np.flatnonzero(one.audible) for one in fingerprints]
    if not sum(map(len, frames)):
        return np.zeros((0, 3), int)
    words = np.concatenate([f.words[i] for f, i in zip(fingerprints, frames, strict=True)])
    sounds = np.repeat(np.arange(len(frames)), list(map(len, frames)))
    order = np.argsort(words, kind="stable")
    words, sounds, frames = words[order], sounds[order], np.concatenate(frames)[order]
    matches = []
    for step in range(1, _NEIGHBOURS + 1):
        equal = (words[step:] == words[:-step]) & (sounds[step:] != sounds[:-step])
        at = np.flatnonzero(equal)
        shift = frames[at + step] - frames[at]
        matches.append(np.stack([sounds[at], sounds[at + step], shift], axis=1))
    triples, votes = np.unique(np.concatenate(matches), axis=0, return_counts=True)
    order = np.argsort(-votes, kind="stable")
    triples, votes = triples[order], votes[order]
    triples = triples[votes >= _VOTES]
    _, best = np.unique(triples[:, :2], axis=0, return_index=True)
    return triples[best]


def _compare(a, b, first, second, shift):
    """The match of two sounds at a shift in frames; `None` if they differ there."""
    begin, end = max(0, -shift), min(len(a.words), len(b.words) - shift)
    in_a, in_b = slice(begin, end), slice(begin + shift, end + shift)
    audible = a.audible[in_a] & b.audible[in_b]
    seconds = audible.sum() * STEP_SECONDS
    if not audible.any():
        return None
    different = a.words[in_a][audible] ^ b.words[in_b][audible]
    different = float(np.unpackbits(different.view("uint8")).mean())
    complete = audible.sum() >= 0.9 * max(a.audible.sum(), b.audible.sum())
    aligned = abs(shift) <= 1 and abs(len(a.words) - len(b.words)) <= 3
    same = bool(complete and aligned and different <= _SAME)
    if not same and (seconds < _LEAST_SECONDS or different > _MOST_DIFFERENT):
        return None
    shift_seconds = float(-shift * STEP_SECONDS)
    return Match(int(first), int(second), float(seconds), shift_seconds, different, same)
