"""Sounds decoded once, and kept as 16-bit samples in one file that is mapped into memory."""

import contextlib
import hashlib
import json

import numpy as np
from tqdm import tqdm

from keras_sounddream.audio.io import quantize
from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.errors import InputError
from keras_sounddream.files import keep_folder, written_beside

RATES = (8000, 96000)  # Hz, lowest and highest
BROKEN = ("skip", "fail")

_LAYOUT = 1  # of the files; another number makes what is kept useless
_FRAME_SECONDS = 0.02  # of which the level is measured


def store_sounds(
    listed,
    folder,
    sample_rate,
    *,
    silence_db=None,
    seconds=None,
    min_seconds=0.0,
    broken="skip",
    progress=True,
):
    """Decodes sounds into a file, or opens it where they are kept already.

    What is kept is known by the files (path, size, time of change) and these settings: if one
    changes, all are decoded again. Other labels do not matter.

    Args:
        listed: list of sounds, as of `sound_lists`, `data_set_sounds` and `music_tags`.
        folder: str or path to keep them in, made if it is missing.
        sample_rate: int, Hz, 8000 to 96000, that the sounds are brought to.
        silence_db: float, above 0: silence at both ends is cut off, that is, frames of 20 ms which
            are so much quieter than the loudest frame of the same sound. `None` to cut nothing.
        seconds: float, of which each sound is kept, from its start; `None` for all of it.
        min_seconds: float; sounds that are shorter, without silence, are dropped.
        broken: `"skip"` to drop files that cannot be read, or `"fail"` to stop at the first.
        progress: bool, whether to show a progress bar.

    Returns:
        `Sounds`; `dropped` says which are missing, and why.

    Raises:
        InputError: if no sound is left, one is broken that may not be, a setting is out of range,
            or what is kept is damaged.
    """
    settings = _check(sample_rate, silence_db, seconds, min_seconds, broken)
    folder = keep_folder(folder)
    digest = hashlib.sha256(json.dumps([_LAYOUT, settings, listed.marks]).encode())
    path = folder / f"sounds-{digest.hexdigest()[:24]}.npy"
    if not (path.exists() and path.with_suffix(".json").exists()):
        most = seconds if silence_db is None else None
        with contextlib.closing(listed.waveforms(sample_rate, most)) as waveforms:
            bar = tqdm(waveforms, "sounds", len(listed.names), unit="sound", disable=not progress)
            _write(path, listed.names, bar, settings, broken)
    return _open(path, listed, sample_rate, broken)


def without_silence(waveform, sample_rate, silence_db):
    """Cuts silence off both ends of a sound.

    A frame of 20 ms is silent if its level is more than `silence_db` below that of the sound's
    loudest frame; so one frame always stays.

    Args:
        waveform: float32 `(samples,)`.
        sample_rate: int, Hz.
        silence_db: float, above 0.

    Returns:
        float32 `(samples,)`, a part of `waveform`.
    """
    frame = max(1, round(_FRAME_SECONDS * sample_rate))
    starts = np.arange(0, len(waveform), frame)
    power = np.add.reduceat(np.square(waveform, dtype="float64"), starts)
    power /= np.diff([*starts, len(waveform)])
    loud = np.flatnonzero(power >= power.max() * 10 ** (-silence_db / 10))
    return waveform[loud[0] * frame : (loud[-1] + 1) * frame]


def _check(sample_rate, silence_db, seconds, min_seconds, broken):
    low, high = RATES
    whole = isinstance(sample_rate, int) and not isinstance(sample_rate, bool)
    if not (whole and low <= sample_rate <= high):
        raise InputError(f"Expected a rate of {low} to {high} Hz. Received: {sample_rate!r}")
    for name, value in {"silence_db": silence_db, "seconds": seconds}.items():
        if value is not None and not 0 < value < np.inf:
            raise InputError(f"`{name}` must be above 0, or None. Received: {value!r}")
    if not 0 <= min_seconds < (seconds or np.inf):
        most = f"below {seconds} `seconds`" if seconds else "finite"
        raise InputError(f"`min_seconds` must be 0 or more, and {most}. Received: {min_seconds!r}")
    if broken not in BROKEN:
        raise InputError(f"`broken` must be one of {list(BROKEN)}. Received: {broken!r}")
    return {
        "sample_rate": sample_rate,
        "silence_db": silence_db,
        "seconds": seconds,
        "min_seconds": min_seconds,
    }


def _write(path, names, waveforms, settings, broken):
    """Writes the samples, sound by sound, and then the index, without which they do not count."""
    entries = []
    with written_beside(path, overwrite=True) as temporary, open(temporary, "wb") as file:
        _write_header(file, 0)
        for waveform in waveforms:
            samples, entry = _settled(waveform, settings)
            if entry.get("broken") and broken == "fail":
                raise InputError(entry["reason"])
            file.write(quantize(samples).astype("<i2").tobytes())
            entries.append(entry)
        length = sum(entry["samples"] for entry in entries)
        if not length:
            raise InputError(
                f"No sound is left of {len(entries)}. {names[0]}: {entries[0]['reason']}"
            )
        file.seek(0)
        _write_header(file, length)
    with written_beside(path.with_suffix(".json"), overwrite=True) as temporary:
        temporary.write_text(json.dumps({"settings": settings, "sounds": entries}))


def _write_header(file, length):
    """Of NumPy's format, which leaves room for the first axis to grow."""
    layout = {"descr": "<i2", "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(file, layout)


def _settled(waveform, settings):
    """The samples of a sound to keep, and what the index says of it."""
    nothing = np.zeros(0, "float32")
    if isinstance(waveform, InputError):
        return nothing, {"samples": 0, "reason": str(waveform), "broken": True}
    rate, silence_db = settings["sample_rate"], settings["silence_db"]
    if silence_db is not None:
        waveform = without_silence(waveform, rate, silence_db)
    least = settings["min_seconds"]
    if len(waveform) < least * rate:
        reason = f"It lasts {len(waveform) / rate:.3f} s, less than {least} s."
        return nothing, {"samples": 0, "reason": reason}
    if settings["seconds"] is not None:
        waveform = waveform[: max(1, round(settings["seconds"] * rate))]
    return waveform, {"samples": len(waveform)}


def _open(path, listed, sample_rate, broken):
    try:
        samples = np.load(path, mmap_mode="r", allow_pickle=False)
        entries = json.loads(path.with_suffix(".json").read_text())["sounds"]
        lengths = np.array([entry["samples"] for entry in entries], "int64")
        fits = len(entries) == len(listed.names) and samples.shape == (lengths.sum(),)
        fits = fits and samples.dtype == "int16"
        fits = fits and all(each["samples"] > 0 or each["reason"] for each in entries)
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        fits = False
    if not fits:
        raise InputError(f"{path} and its .json do not hold these sounds. Delete both.")
    sounds = zip(listed.names, entries, strict=True)
    dropped = [(name, each) for name, each in sounds if not each["samples"]]
    worst = next((each["reason"] for _, each in dropped if each.get("broken")), None)
    if worst and broken == "fail":
        raise InputError(worst)
    dropped = tuple((name, each["reason"]) for name, each in dropped)
    starts = np.cumsum(lengths) - lengths
    named = (listed.names, listed.labels, sample_rate, listed.left_out + dropped)
    return Sounds(samples, starts, lengths, *named).part(lengths > 0)
