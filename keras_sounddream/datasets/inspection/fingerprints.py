"""Fingerprints of sounds, and the sounds that are alike by them.

Of every 16 ms a word of 32 bits: whether the difference of neighbouring bands grew or fell. It does
not change with the level, and little with lossy coding (Haitsma and Kalker, *A Highly Robust Audio
Fingerprinting System*, 2002, https://archives.ismir.net/ismir2002/paper/000019.pdf).
"""

import contextlib
import dataclasses

import numpy as np

from keras_sounddream.audio.streaming import read_blocks

RATE = 8000  # Hz
STEP_SECONDS = 0.016

_STEP = round(STEP_SECONDS * RATE)
_WINDOW = 2048  # samples
_BANDS = 33
_RANGE = (300.0, 3400.0)  # Hz
_DEPTH = 1e-6  # power below the loudest frame, at which nothing is told
_FLOOR = 1e-7  # power of a window, about -60 dB of full scale, at which a sound is silent
_AT_ONCE = 2048  # windows

_NEIGHBOURS = 24  # of an equal word, looked at
_VOTES = 3  # equal words at one shift, which make two sounds worth comparing
_MOST_DIFFERENT = 0.2  # share of bits, of sounds that are alike
_SAME = 0.07  # share of bits, of a sound that is the same as another
_LEAST_SECONDS = 0.5  # alike, of sounds that share a part


@dataclasses.dataclass(frozen=True)
class Fingerprint:
    """What a sound is known by.

    Attributes:
        words: uint32 `(frames,)`.
        heard: bool `(frames,)`, whether a frame is loud enough to tell anything.
    """

    words: np.ndarray
    heard: np.ndarray


@dataclasses.dataclass(frozen=True)
class Match:
    """Two sounds that are alike.

    Attributes:
        first: int, index of a sound.
        second: int, index of another, greater.
        seconds: float, how much of them is alike.
        shift_seconds: float, how much earlier it is in the second.
        different: float, share of bits.
        same: bool, whether all of both is alike, at the same time.
    """

    first: int
    second: int
    seconds: float
    shift_seconds: float
    different: float
    same: bool


def fingerprint_file(path):
    """Makes the fingerprint of a sound file.

    Args:
        path: str or path.

    Returns:
        `Fingerprint`.

    Raises:
        InputError: as `audio.load`.
    """
    with contextlib.closing(read_blocks(path, RATE)) as blocks:
        return fingerprint(np.concatenate(list(blocks)))


def fingerprint(waveform):
    """Makes the fingerprint of a sound.

    Args:
        waveform: float32 `(samples,)`, at 8 kHz.

    Returns:
        `Fingerprint`, of a frame for every 16 ms.
    """
    padded = np.pad(waveform.astype("float32"), _WINDOW // 2)
    starts = np.arange(0, len(padded) - _WINDOW + 1, _STEP)
    edges = np.geomspace(*_RANGE, _BANDS + 1) * _WINDOW / RATE
    edges, window = np.round(edges).astype(int), np.hanning(_WINDOW).astype("float32")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)
    found = []
    for first in range(0, len(starts), _AT_ONCE):
        spectrum = np.fft.rfft(windows[starts[first : first + _AT_ONCE]] * window)
        power = np.square(np.abs(spectrum))[:, : edges[-1]]
        found.append(np.add.reduceat(power, edges[:-1], axis=1))
    energy = np.concatenate(found)
    falls = energy[:, :-1] - energy[:, 1:]
    bits = np.diff(falls, axis=0, prepend=falls[:1]) > 0
    words = np.packbits(bits, axis=1).view(">u4")[:, 0].astype("uint32")
    loud = energy.sum(axis=1) / np.square(window).sum() / _WINDOW
    heard = loud > max(loud.max() * _DEPTH, _FLOOR)
    heard[0] = False
    return Fingerprint(words, heard)


def find_matches(fingerprints):
    """Finds the sounds that are alike, wholly or in part.

    Args:
        fingerprints: sequence of `Fingerprint`.

    Returns:
        list of `Match`, by their indices; of two sounds the shift at which most words are equal.
    """
    matches = []
    for first, second, shift in _candidates(fingerprints):
        match = _compare(fingerprints[first], fingerprints[second], first, second, shift)
        if match is not None:
            matches.append(match)
    return sorted(matches, key=lambda match: (match.first, match.second))


def _candidates(fingerprints):
    """Triples of two sounds and a shift, at which several words are equal."""
    places = [np.flatnonzero(each.heard) for each in fingerprints]
    if not sum(map(len, places)):
        return np.zeros((0, 3), int)
    words = np.concatenate([f.words[p] for f, p in zip(fingerprints, places, strict=True)])
    sounds = np.repeat(np.arange(len(places)), [len(each) for each in places])
    order = np.argsort(words, kind="stable")
    words, sounds, places = words[order], sounds[order], np.concatenate(places)[order]
    found = []
    for step in range(1, _NEIGHBOURS + 1):
        equal = (words[step:] == words[:-step]) & (sounds[step:] != sounds[:-step])
        at = np.flatnonzero(equal)
        shift = places[at + step] - places[at]
        found.append(np.stack([sounds[at], sounds[at + step], shift], axis=1))
    triples, votes = np.unique(np.concatenate(found), axis=0, return_counts=True)
    order = np.argsort(-votes, kind="stable")
    triples, votes = triples[order], votes[order]
    triples = triples[votes >= _VOTES]
    _, best = np.unique(triples[:, :2], axis=0, return_index=True)
    return triples[best]


def _compare(a, b, first, second, shift):
    """The match of two sounds at a shift, in frames; `None` if they are not alike there."""
    begin, end = max(0, -shift), min(len(a.words), len(b.words) - shift)
    here, there = slice(begin, end), slice(begin + shift, end + shift)
    heard = a.heard[here] & b.heard[there]
    seconds = heard.sum() * STEP_SECONDS
    if not heard.any():
        return None
    different = a.words[here][heard] ^ b.words[there][heard]
    different = float(np.unpackbits(different.view("uint8")).mean())
    whole = heard.sum() >= 0.9 * max(a.heard.sum(), b.heard.sum())
    aligned = abs(shift) <= 1 and abs(len(a.words) - len(b.words)) <= 3
    same = bool(whole and aligned and different <= _SAME)
    if not same and (seconds < _LEAST_SECONDS or different > _MOST_DIFFERENT):
        return None
    shift_seconds = float(-shift * STEP_SECONDS)
    return Match(int(first), int(second), float(seconds), shift_seconds, different, same)
