"""Sound files to waveforms and back."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

import numpy as np
import soundfile
import soxr

from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.types import Array, PathLike

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".au")  # of sound files

_BITS = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}
_FORMATS = {  # suffix: libsndfile's format, and subtype where there is only one
    ".wav": ("WAV", None),
    ".flac": ("FLAC", None),
    ".aif": ("AIFF", None),
    ".aiff": ("AIFF", None),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}


def load(path: PathLike, sample_rate: int) -> Array:
    """Reads a sound file as a mono waveform at a given rate.

    Reads what libsndfile reads: WAV of every kind, FLAC, Ogg Vorbis, Opus, MP3, AIFF and more.
    A file that breaks off is read as far as it goes.

    Args:
        path: file to read.
        sample_rate: Hz, of the waveform to return; the file may have any.

    Returns:
        float32 `(1, samples)`, the mean of the file's channels. In [-1, 1], except that lossy
        formats can overshoot a little.

    Raises:
        InputError: if the file is missing, empty, no sound file, holds no sample, or holds a
            value that is not a finite number.
    """
    waveform, rate = read(path)
    return resample(waveform, rate, sample_rate)


def read(path: PathLike, most_seconds: float | None = None) -> tuple[Array, int]:
    """Reads a sound file, or its first `most_seconds`, as a mono waveform at its own rate.

    Returns:
        `(waveform, sample_rate)`: float32 `(1, samples)`, the mean of the channels, and int, Hz.

    Raises:
        InputError: see `load`.
    """
    with open_sound(path) as sound:
        frames = -1 if most_seconds is None else round(most_seconds * sound.samplerate)
        samples, rate = sound.read(frames, "float32", always_2d=True), sound.samplerate
    if not len(samples):
        raise InputError(f"Expected sound, but {path} holds no samples.")
    if not np.isfinite(samples).all():
        count = np.count_nonzero(~np.isfinite(samples))
        raise InputError(f"{path} holds {count} samples that are not finite numbers. Repair it.")
    return to_mono(samples[None]), rate


def is_sound(path: PathLike) -> bool:
    """Whether a file holds sound that libsndfile reads; `False` if it cannot be opened."""
    try:
        with open_sound(path):
            return True
    except InputError:
        return False


@contextlib.contextmanager
def open_sound(path: PathLike) -> Iterator[soundfile.SoundFile]:
    """Context of an open `soundfile.SoundFile`; every failure within is an InputError."""
    path = pathlib.Path(path)
    if not path.exists():
        raise InputError(f"Expected a sound file, but there is no {path}. Check the path.")
    if path.is_dir():
        raise InputError(f"Expected a sound file, but {path} is a folder. Name a file in it.")
    if path.stat().st_size == 0:
        raise InputError(f"Expected a sound file, but {path} is empty (0 bytes).")
    try:
        is_text = not any("\udc80" <= letter <= "\udcff" for letter in str(path))
        with soundfile.SoundFile(path if is_text else os.fsencode(path)) as sound:
            yield sound
    except (soundfile.SoundFileError, OSError, TypeError) as error:  # TypeError: headerless .raw
        reason = str(error).splitlines()[-1].rstrip(".")
        raise InputError(f"Cannot read {path} as sound ({reason}). Convert it to WAV.") from None


def save(
    path: PathLike, waveform: Array, sample_rate: int, bits: int = 16, overwrite: bool = False
) -> None:
    """Writes a waveform to a sound file; the suffix chooses the format.

    The file is written under a temporary name and renamed, so that it is complete or not there.

    Args:
        path: ends in `.wav`, `.flac`, `.aiff`, `.ogg`, `.opus` or `.mp3`.
        waveform: float32 `(1, samples)` or `(samples,)`, in [-1, 1].
        sample_rate: Hz.
        bits: 16, 24, or 32 for floating point; ignored by the lossy formats.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the waveform leaves [-1, 1] (nothing is clipped silently) or holds a value
            that is not a number, if the suffix names no format, or if the file may not be
            written.
    """
    samples = np.asarray(waveform, "float32")
    samples = samples[0] if samples.ndim == 2 and len(samples) == 1 else samples
    if samples.ndim != 1 or not len(samples):
        raise InputError(f"Expected one waveform to save. Received shape: {np.shape(waveform)}")
    path = check_sound_output(path, overwrite)
    kind, subtype = sound_format(path, bits)
    peak = np.abs(samples).max()
    if not np.isfinite(peak):
        raise InputError("Expected finite samples to save. The waveform holds some that are not.")
    if peak > 1 and subtype != "FLOAT":
        raise InputError(
            f"Expected samples in [-1, 1]. The peak is {peak:.3f}: lower the level, or save with "
            "`bits=32` in a .wav."
        )
    if subtype == "PCM_16":
        samples = quantize(samples)
    with written_beside(path, overwrite) as temporary:
        try:
            soundfile.write(temporary, samples, sample_rate, subtype, format=kind)
        except (soundfile.SoundFileError, TypeError) as error:
            raise InputError(f"Cannot write {path} at {sample_rate} Hz ({error}).") from None


def quantize(waveform: Array) -> Array:
    """Rounds a waveform to the 16-bit samples that `save` writes.

    Args:
        waveform: float32 array in [-1, 1].

    Returns:
        int16 of the same shape; divided by 32768, the waveform that `load` returns.
    """
    return np.clip(np.round(np.asarray(waveform) * 32768), -32768, 32767).astype("int16")


def check_sound_output(path: PathLike, overwrite: bool = False) -> pathlib.Path:
    """`pathlib.Path` that can be written and whose suffix names a sound format, or InputError."""
    output = check_output(path, overwrite)
    if output.suffix.lower() not in _FORMATS:
        raise InputError(
            f"No sound format is called {output.suffix or 'that'} (in {output.name}). "
            f"Use one of {', '.join(_FORMATS)}."
        )
    return output


def sound_format(path: pathlib.Path, bits: int = 16) -> tuple[str, str]:
    """libsndfile's `(format, subtype)` for a suffix and bits, such as `("WAV", "PCM_16")`."""
    kind, subtype = _FORMATS[path.suffix.lower()]
    subtype = subtype or _BITS.get(bits)
    if subtype is None or not soundfile.check_format(kind, subtype):
        raise InputError(f"Expected 16, 24, or in WAV and AIFF 32 `bits`. Received: {bits!r}")
    return kind, subtype


def resample(waveform: Array, from_rate: float, to_rate: float) -> Array:
    """Changes the sample rate, band-limited (soxr, high quality).

    Args:
        waveform: float32 `(batch, samples)`.
        from_rate: Hz.
        to_rate: Hz.

    Returns:
        float32 `(batch, samples * to_rate / from_rate)`, rounded, at least one.

    Raises:
        InputError: if a rate is not a positive number.
    """
    numbers = all(isinstance(rate, int | float | np.number) for rate in (from_rate, to_rate))
    if not (numbers and from_rate > 0 and to_rate > 0):
        raise InputError(
            f"Expected sample rates above 0 Hz. Received: {from_rate!r} and {to_rate!r}"
        )
    if from_rate == to_rate:
        return np.asarray(waveform, "float32")
    waveform = np.asarray(waveform, "float32")
    if waveform.shape[1] * to_rate < from_rate:  # less than a sample remains: it is the mean
        return waveform.mean(axis=1, keepdims=True)
    return np.stack([soxr.resample(clip, from_rate, to_rate, quality="HQ") for clip in waveform])


def to_mono(waveform: Array) -> Array:
    """Averages the channels.

    Args:
        waveform: float32 `(batch, samples, channels)`.

    Returns:
        float32 `(batch, samples)`.
    """
    return np.asarray(waveform, "float32").mean(axis=-1)
