"""Cache of decoded sounds: 16-bit samples in one file that is mapped into memory."""

import contextlib
import hashlib
import json
from collections.abc import Generator, Mapping
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm

from keras_sounddream.audio.io import quantize
from keras_sounddream.checks import Allowed, check, choice, integer, number
from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.errors import InputError
from keras_sounddream.files import keep_folder, written_beside
from keras_sounddream.types import Array, PathLike

RATES = (8000, 96000)  # Hz, lowest and highest
BROKEN = ("skip", "fail")

_LAYOUT = 1  # of the files: another number invalidates every cache
_FRAME_SECONDS = 0.02  # in which the level is measured
_POSITIVE = number(0, above=True)
_POSITIVE_OR_NONE = Allowed(
    f"{_POSITIVE.text}, or None", lambda value: value is None or _POSITIVE.fits(value)
)


class SoundList(Protocol):
    """Listed sounds: `file_lists.SoundFiles`, `tfds.sounds.DataSetSounds`."""

    @property
    def names(self) -> tuple[str, ...]:
        """One per sound."""
        ...

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """Condition → one label per sound."""
        ...

    @property
    def left_out(self) -> tuple[tuple[str, str], ...]:
        """`(name, reason)` of sounds that could not be labelled."""
        ...

    @property
    def marks(self) -> list[Any]:
        """Changes when a sound changes."""
        ...

    def waveforms(
        self, sample_rate: int, most_seconds: float | None = None
    ) -> Generator[Array | InputError, None, None]:
        """Yields float32 `(samples,)` per sound, or the error of one that cannot be read."""
        ...


def store_sounds(
    listed: SoundList,
    folder: PathLike,
    sample_rate: int,
    *,
    silence_db: float | None = None,
    seconds: float | None = None,
    min_seconds: float = 0.0,
    broken: str = "skip",
    progress: bool = True,
) -> Sounds:
    """Decodes sounds into a file, or opens the file of an earlier call.

    The file's name depends on the sounds (path, size, time of change) and these settings: if one
    changes, all are decoded again. Labels may change.

    Args:
        listed: sounds from `list_folder`, `list_table`, `list_music` or `list_data_set`.
        folder: of the file, made if it is missing.
        sample_rate: Hz, 8000 to 96000, to resample to.
        silence_db: above 0: trims leading and trailing frames of 20 ms that are this much below the
            level of the sound's loudest frame. `None` to trim nothing.
        seconds: how much of each sound to store, from its start; `None` for all.
        min_seconds: shorter sounds, after trimming, are dropped.
        broken: `"skip"` to drop files that cannot be read, or `"fail"` to stop at the first.
        progress: whether to show a progress bar.

    Returns:
        the sounds; `dropped` names those that are missing, with reasons.

    Raises:
        InputError: if no sound is left, a file is broken and `broken="fail"`, a setting is out of
            range, or the stored file is damaged.
    """
    settings = _check(sample_rate, silence_db, seconds, min_seconds, broken)
    digest = hashlib.sha256(json.dumps([_LAYOUT, settings, listed.marks]).encode())
    path = keep_folder(folder) / f"sounds-{digest.hexdigest()[:24]}.npy"
    if not (path.exists() and path.with_suffix(".json").exists()):
        most = seconds if silence_db is None else None
        with contextlib.closing(listed.waveforms(sample_rate, most)) as waveforms:
            bar = tqdm(waveforms, "sounds", len(listed.names), unit="sound", disable=not progress)
            _write(path, listed.names, bar, settings, broken)
    return _open(path, listed, sample_rate, broken)


def without_silence(waveform: Array, sample_rate: int, silence_db: float) -> Array:
    """The waveform `(samples,)` without quiet frames at both ends; at least one frame stays."""
    frame = max(1, round(_FRAME_SECONDS * sample_rate))
    starts = np.arange(0, len(waveform), frame)
    power = np.add.reduceat(np.square(waveform, dtype="float64"), starts)
    power /= np.diff([*starts, len(waveform)])
    loud = np.flatnonzero(power >= power.max() * 10 ** (-silence_db / 10))
    return waveform[loud[0] * frame : (loud[-1] + 1) * frame]


def _check(sample_rate, silence_db, seconds, min_seconds, broken):
    settings = {
        "sample_rate": check("sample_rate", sample_rate, integer(*RATES)),
        "silence_db": check("silence_db", silence_db, _POSITIVE_OR_NONE),
        "seconds": check("seconds", seconds, _POSITIVE_OR_NONE),
        "min_seconds": min_seconds,
    }
    if not 0 <= min_seconds < (seconds or np.inf):
        most = f"below {seconds} `seconds`" if seconds else "finite"
        raise InputError(f"`min_seconds` must be 0 or more, and {most}. Received: {min_seconds!r}")
    check("broken", broken, choice(BROKEN))
    return settings


def _write(path, names, waveforms, settings, broken):
    """Writes the samples, sound by sound, and then the index that makes the cache valid."""
    entries = []
    with written_beside(path, overwrite=True) as temporary, open(temporary, "wb") as file:
        _write_header(file, 0)
        for waveform in waveforms:
            samples, entry = _trimmed(waveform, settings)
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
    """Writes the header of a NumPy file, which leaves room for the first axis to grow."""
    layout = {"descr": "<i2", "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(file, layout)


def _trimmed(waveform, settings):
    """The samples of a sound to store, and its entry in the index."""
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
        fits = fits and all(entry["samples"] > 0 or entry["reason"] for entry in entries)
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        fits = False
    if not fits:
        raise InputError(f"{path} and its .json do not hold these sounds. Delete both.")
    sounds = zip(listed.names, entries, strict=True)
    missing = [(name, entry) for name, entry in sounds if not entry["samples"]]
    unreadable = next((entry["reason"] for _, entry in missing if entry.get("broken")), None)
    if unreadable and broken == "fail":
        raise InputError(unreadable)
    dropped = tuple((name, entry["reason"]) for name, entry in missing)
    starts = np.cumsum(lengths) - lengths
    named = (listed.names, listed.labels, sample_rate, listed.left_out + dropped)
    return Sounds(samples, starts, lengths, *named).part(lengths > 0)
