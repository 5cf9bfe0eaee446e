"""What one sound is like: its length, rate and level, what of it is clipped and what silent."""

import concurrent.futures
import dataclasses
import os
import pathlib

import numpy as np
from tqdm import tqdm

from keras_sounddream.audio.io import SUFFIXES, is_sound, open_sound
from keras_sounddream.datasets.videos import read_sound
from keras_sounddream.errors import InputError

SILENCE_DB = -60.0  # of full scale; frames below it are silent
CLIPPED_LEVEL = 0.999  # of full scale; runs of samples at or above it are clipped

_RUN = 3  # samples, the shortest run that is clipped
_FRAME_SECONDS = 0.02
_FRAMES_A_BLOCK = 500
_CODED_RATE = 44100  # Hz, at which sounds that libsndfile does not read are heard


@dataclasses.dataclass(frozen=True)
class Measures:
    """What one sound is like; `None` is what is not known.

    Attributes:
        seconds: float.
        sample_rate: int, Hz.
        channels: int.
        coding: str, such as `"WAV PCM_16"`.
        peak_db: float, dB of full scale; -inf of digital silence.
        level_db: float, dB of full scale, root mean square of all samples.
        clipped: float, share of samples in runs of three or more at full scale.
        silent: float, share of frames of 20 ms below -60 dB of full scale, in every channel.
    """

    seconds: float
    sample_rate: int | None = None
    channels: int | None = None
    coding: str | None = None
    peak_db: float | None = None
    level_db: float | None = None
    clipped: float | None = None
    silent: float | None = None


def measure_file(path, quick=False):
    """Measures a sound file, which may be longer than the memory.

    Args:
        path: str or path.
        quick: bool, whether to read no more than what the file says of itself: lengths and rates.

    Returns:
        `Measures`.

    Raises:
        InputError: if it cannot be read, holds no sample or a value that is not a finite number,
            or breaks off.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() not in SUFFIXES and not is_sound(path):
        samples = read_sound(path, _CODED_RATE)
        found = measure_samples(samples[:, None].astype("float32") / 32768, _CODED_RATE)
        return dataclasses.replace(found, sample_rate=None, channels=None, coding=path.suffix[1:])
    _check_whole(path)
    with open_sound(path) as sound:
        rate, said = sound.samplerate, sound.frames
        coding = f"{sound.format} {sound.subtype}"
        if not said:
            raise InputError(f"Expected sound, but {path} holds no samples.")
        if quick:
            return Measures(said / rate, rate, sound.channels, coding)
        length = _FRAMES_A_BLOCK * _frame(rate)
        found = _measure(sound.blocks(length, dtype="float32", always_2d=True), rate, path)
    if round(found.seconds * rate) < said:
        raise InputError(
            f"{path} breaks off: it says it lasts {said / rate:.2f} s, and {found.seconds:.2f} s "
            "can be read. Copy it again."
        )
    return dataclasses.replace(found, coding=coding)


def measure_samples(samples, sample_rate, name="The sound"):
    """Measures a sound in memory.

    Args:
        samples: float32 `(samples, channels)`, in [-1, 1].
        sample_rate: int, Hz.
        name: str, what errors call it.

    Returns:
        `Measures`, without `coding`.

    Raises:
        InputError: if there is no sample, or one is not a finite number.
    """
    return _measure([samples], sample_rate, name)


def measure_files(paths, quick=False, progress=True):
    """Measures files, several at a time.

    Args:
        paths: sequence of str or path.
        quick: bool, as of `measure_file`.
        progress: bool, whether to show a progress bar.

    Returns:
        list, one a file: `Measures`, or the `InputError` that says why it cannot be read.
    """
    return in_parallel(lambda path: measure_file(path, quick), paths, "measure", progress)


def in_parallel(function, items, description, progress=True):
    """Calls a function for items, several at a time.

    Args:
        function: function of an item.
        items: sequence.
        description: str, what the progress bar says.
        progress: bool, whether to show it.

    Returns:
        list, one an item, in their order: what the function gives, or the `InputError` it raises.
    """

    def call(item):
        try:
            return function(item)
        except InputError as error:
            return error

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = pool.map(call, items)
        bar = tqdm(found, description, len(items), unit="sound", disable=not progress)
        return list(bar)


def _measure(blocks, rate, name):
    count = channels = clipped = silent = frames = 0
    peak, power, before = 0.0, 0.0, None
    for block in blocks:
        if not np.isfinite(block).all():
            raise InputError(f"{name} holds samples that are not finite numbers. Repair it.")
        channels = block.shape[1]
        if not len(block):
            continue
        full = np.abs(block) >= CLIPPED_LEVEL
        before = np.zeros((_RUN, channels), bool) if before is None else before
        joined = np.concatenate([before, full])
        clipped += _clipped(joined) - _clipped(before)
        before = joined[-_RUN:]
        peak = max(peak, float(np.abs(block).max()))
        square = np.square(block, dtype="float64")
        power += square.sum()
        quiet = _quiet(square, _frame(rate))
        silent, frames = silent + quiet.sum(), frames + len(quiet)
        count += len(block)
    if not count:
        raise InputError(f"Expected sound, but {name} holds no samples.")
    samples = count * channels
    levels = _decibels(peak), _decibels(np.sqrt(power / samples))
    shares = min(clipped / samples, 1.0), float(silent / frames)
    return Measures(count / rate, rate, channels, None, *levels, *shares)


def _clipped(full):
    """How many samples are in runs of three or more at full scale: two, and each that is third."""
    inside = full[2:] & full[1:-1] & full[:-2]
    begins = inside & ~np.concatenate([np.zeros_like(inside[:1]), inside[:-1]])
    return int(inside.sum() + (_RUN - 1) * begins.sum())


def _quiet(square, frame):
    """Which frames are silent in the channel that is loudest, of the power of each sample."""
    starts = np.arange(0, len(square), frame)
    power = np.add.reduceat(square, starts) / np.diff([*starts, len(square)])[:, None]
    return power.max(axis=1) < 10 ** (SILENCE_DB / 10)


def _frame(rate):
    return max(1, round(_FRAME_SECONDS * rate))


def _decibels(amplitude):
    return float(20 * np.log10(amplitude)) if amplitude else -np.inf


def _check_whole(path):
    """Refuses a WAV file that is shorter than its header says: libsndfile reads what there is."""
    if not path.is_file() or path.suffix.lower() != ".wav":
        return
    with open(path, "rb") as file:
        head = file.read(8)
    said, found = int.from_bytes(head[4:8], "little") + 8, path.stat().st_size
    if head[:4] == b"RIFF" and found + 1 < said < 2**32 - 1:
        raise InputError(f"{path} breaks off: {found} bytes of {said} are there. Copy it again.")
