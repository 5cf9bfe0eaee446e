"""Measurements of a sound: length, rate and level, shares of clipping and silence."""

import concurrent.futures
import dataclasses
import os
import pathlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from keras_sounddream.audio.io import SUFFIXES, is_sound
from keras_sounddream.audio.reading.reader import open_sound
from keras_sounddream.audio.waveforms import Mono
from keras_sounddream.datasets.videos import read_sound
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.types import Array, PathLike

SILENCE_DB = -60.0  # of full scale; frames below it are silent
CLIPPED_LEVEL = 0.999  # of full scale; runs of samples at or above it are clipped

_RUN = 3  # samples, the shortest run that is clipped
_FRAME_SECONDS = 0.02
_FRAMES_PER_BLOCK = 500
_UNENDED = 2**31 - 2**16  # bytes; what writes to a pipe states such sizes, or greater ones
_CODED_RATE = 44100  # Hz, at which sounds that libsndfile does not read are measured

_Item = TypeVar("_Item")


@dataclasses.dataclass(frozen=True)
class Measures:
    """Measurements of a sound; `None` where unknown.

    Attributes:
        seconds: duration.
        sample_rate: Hz.
        channels: their number.
        coding: such as `"WAV PCM_16"`.
        peak_db: dB of full scale; -inf for digital silence.
        level_db: dB of full scale, root mean square of all samples.
        clipped: share of samples in runs of three or more at full scale.
        silent: share of frames of 20 ms below -60 dB of full scale, in every channel.
        cancelled: whether the channels cancel in their mean.
        joined: how many sounds are in the file, one after another.
        beyond: bytes behind the end that the file's header states, if they may be sound.
    """

    seconds: float
    sample_rate: int | None = None
    channels: int | None = None
    coding: str | None = None
    peak_db: float | None = None
    level_db: float | None = None
    clipped: float | None = None
    silent: float | None = None
    cancelled: bool = False
    joined: int = 1
    beyond: int = 0


def measure_file(path: PathLike, quick: bool = False) -> Measures:
    """Measures a sound file block by block; `quick` reads only its header: length and rate.

    An `InputError` tells of a file that cannot be read, holds no sample or a value that is not
    finite, or breaks off.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() not in SUFFIXES and not is_sound(path):
        samples = read_sound(path, _CODED_RATE)
        measures = measure_samples(samples[:, None].astype("float32") / 32768, _CODED_RATE)
        return dataclasses.replace(
            measures, sample_rate=None, channels=None, coding=path.suffix[1:]
        )
    _check_whole(path)
    with open_sound(path) as sound:
        rate, seconds = sound.sample_rate, sound.seconds()
        if not seconds:
            raise InputError(f"Expected sound, but {path} holds no samples.")
        if quick:
            return Measures(seconds, rate, sound.channels, sound.coding)
        measures = _measure(sound.blocks(_FRAMES_PER_BLOCK * _frame(rate)), rate, str(path))
        if sound.damage:
            raise InputError(
                f"{path} is damaged after {measures.seconds:.2f} s ({sound.damage}). Copy it again."
            )
        joined, beyond = sound.joined, sound.beyond
    if measures.seconds < seconds - joined / rate:
        raise InputError(
            f"{path} breaks off: its header says {seconds:.2f} s, but "
            f"{measures.seconds:.2f} s can be read. Copy it again."
        )
    return dataclasses.replace(measures, coding=sound.coding, joined=joined, beyond=beyond)


def measure_samples(samples: Array, sample_rate: int, name: str = "The sound") -> Measures:
    """Measures float32 `(samples, channels)` in [-1, 1]; errors call the sound `name`."""
    return _measure([samples], sample_rate, name)


def measure_files(
    paths: Sequence[PathLike], quick: bool = False, progress: bool = True
) -> list[Measures | InputError]:
    """Measures files, several at a time; errors stand in place of those that cannot be read."""
    return in_parallel(lambda path: measure_file(path, quick), paths, "measure", progress)


def in_parallel(
    function: Callable[[_Item], Any],
    items: Sequence[_Item],
    description: str,
    progress: bool = True,
) -> list[Any]:
    """Results of a function for each item, several at a time, or an `InputError` if it raises.

    Warnings about items are left out: what they say is among the measures.
    """

    def call(item):
        try:
            return function(item)
        except InputError as error:
            return error
        except Exception as error:  # of whatever kind: it is this item's
            reason = (str(error).splitlines() or [""])[0]
            return InputError(f"Cannot read {item} ({type(error).__name__}: {reason}).")

    with (
        warnings.catch_warnings(),
        concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool,
    ):
        warnings.simplefilter("ignore", InputWarning)
        results = pool.map(call, items)
        bar = tqdm(results, description, len(items), unit="sound", disable=not progress)
        return list(bar)


def _measure(blocks, rate, name):
    count = channels = clipped = silent = frames = 0
    power, before, mono = 0.0, None, Mono(name)
    for block in blocks:
        mono.add(block)
        channels = block.shape[1]
        if not len(block):
            continue
        full = np.abs(block) >= CLIPPED_LEVEL
        before = np.zeros((_RUN, channels), bool) if before is None else before
        joined = np.concatenate([before, full])
        clipped += _clipped(joined) - _clipped(before)
        before = joined[-_RUN:]
        square = np.square(block, dtype="float64")
        power += square.sum()
        quiet = _quiet(square, _frame(rate))
        silent, frames = silent + quiet.sum(), frames + len(quiet)
        count += len(block)
    if not count:
        raise InputError(f"Expected sound, but {name} holds no samples.")
    samples = count * channels
    levels = _decibels(mono.peak), _decibels(np.sqrt(power / samples))
    shares = min(clipped / samples, 1.0), float(silent / frames)
    return Measures(count / rate, rate, channels, None, *levels, *shares, mono.cancelled)


def _clipped(full):
    """Number of samples in runs of three or more at full scale, of bool `(samples, channels)`."""
    inside = full[2:] & full[1:-1] & full[:-2]
    begins = inside & ~np.concatenate([np.zeros_like(inside[:1]), inside[:-1]])
    return int(inside.sum() + (_RUN - 1) * begins.sum())


def _quiet(square, frame):
    """Whether each frame is silent in its loudest channel, of power `(samples, channels)`."""
    starts = np.arange(0, len(square), frame)
    power = np.add.reduceat(square, starts) / np.diff([*starts, len(square)])[:, None]
    return power.max(axis=1) < 10 ** (SILENCE_DB / 10)


def _frame(rate):
    return max(1, round(_FRAME_SECONDS * rate))


def _decibels(amplitude):
    return float(20 * np.log10(amplitude)) if amplitude else -np.inf


def _check_whole(path):
    """Refuses a WAV file that is shorter than its header says: libsndfile reads it silently."""
    if not path.is_file() or path.suffix.lower() != ".wav":
        return
    with open(path, "rb") as file:
        head = file.read(8)
    expected, size = int.from_bytes(head[4:8], "little") + 8, path.stat().st_size
    if head[:4] == b"RIFF" and size + 1 < expected < _UNENDED:
        raise InputError(f"{path} breaks off: {size} bytes of {expected} are there. Copy it again.")
