"""Sound files to waveforms and back."""

import pathlib

import numpy as np
import soundfile
import soxr

from keras_sounddream.audio.reading.reader import channel_blocks, mono_blocks, open_sound
from keras_sounddream.audio.waveforms import MOST_RATE
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.types import Array, PathLike

MOST_SAMPLES = 2**31 - 1  # of a waveform in memory, 8 GiB: a day at 24 kHz
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

    Reads what libsndfile reads: WAV of every kind, FLAC, Ogg Vorbis, Opus, MP3, AIFF and more, from
    files and from pipes such as `/dev/stdin`. It reads to the end, whatever the header claims: a
    file that breaks off, one whose recorder was killed, and joined files (chained Ogg, MP3 one
    after another), whose sounds follow one another at the rate of the first.

    Args:
        path: file to read.
        sample_rate: Hz, of the waveform to return; the file may have any from 100 Hz to 1.536 MHz.

    Returns:
        float32 `(1, samples)`, the mean of the file's channels. In [-1, 1], except that lossy
        formats can overshoot a little.

    Raises:
        InputError: if the file is missing, empty, no sound file, holds no sample, holds a value
            that is not a finite number or far over full scale, or is too long for the memory.

    Warns:
        InputWarning: if something of the file is left out, or its channels cancel in mono.
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
        return _joined(mono_blocks(sound), sound, most_seconds)[None], sound.sample_rate


def read_channels(path: PathLike, most_seconds: float | None = None) -> tuple[Array, int, str]:
    """Reads a sound file, or its first `most_seconds`, with its channels and at its own rate.

    Returns:
        `(waveform, sample_rate, coding)`: float32 `(channels, samples)`; int, Hz; and how the file
        holds it, such as `"WAV PCM_24"`.

    Raises:
        InputError: see `load`.
    """
    with open_sound(path) as sound:
        waveform = _joined(channel_blocks(sound), sound, most_seconds).T
        return waveform, sound.sample_rate, sound.coding


def _joined(blocks, sound, most_seconds):
    """Blocks as one array, up to `most_seconds`."""
    most = MOST_SAMPLES if most_seconds is None else max(1, round(most_seconds * sound.sample_rate))
    pieces, length = [], 0
    for block in blocks:
        pieces.append(block[: most - length])
        length += len(block)
        if length >= most:
            break
    if most_seconds is None and length >= MOST_SAMPLES:
        raise InputError(f"{sound.path} is longer than {MOST_SAMPLES} samples. Read it in blocks.")
    return np.concatenate(pieces)


def seconds_of(path: PathLike) -> float:
    """Length of a sound file in s, by its header if that can be right; see `load` for errors."""
    with open_sound(path) as sound:
        seconds = sound.seconds()
    if not seconds:
        raise InputError(f"Expected sound, but {path} holds no samples.")
    return seconds


def is_sound(path: PathLike) -> bool:
    """Whether a file holds sound that libsndfile reads; `False` if it cannot be opened."""
    try:
        with open_sound(path):
            return True
    except InputError:
        return False


def save(
    path: PathLike,
    waveform: Array,
    sample_rate: int,
    bits: int = 16,
    overwrite: bool = False,
    channels: bool = False,
) -> None:
    """Writes a waveform to a sound file; the suffix chooses the format.

    The file is written under a temporary name and renamed, so that it is complete or not there.

    Args:
        path: ends in `.wav`, `.flac`, `.aiff`, `.ogg`, `.opus` or `.mp3`.
        waveform: float32 `(1, samples)` or `(samples,)`, in [-1, 1].
        sample_rate: Hz.
        bits: 16, 24, or 32 for floating point; ignored by the lossy formats.
        overwrite: whether an existing file may be replaced.
        channels: whether `waveform` is `(channels, samples)`, of one sound.

    Raises:
        InputError: if the waveform leaves [-1, 1] (nothing is clipped silently) or holds a value
            that is not a number, if the suffix names no format, or if the file may not be
            written.
    """
    samples = np.asarray(waveform, "float32")
    samples = samples[np.newaxis] if samples.ndim == 1 else samples
    if samples.ndim != 2 or not samples.size or (len(samples) > 1 and not channels):
        raise InputError(
            f"Expected one waveform to save. Received shape: {np.shape(waveform)}. If the rows are "
            "channels of one sound, say `channels=True`."
        )
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
    with written_beside(path, overwrite) as temporary:
        try:
            coded = as_coded(samples.T, subtype)
            soundfile.write(temporary, coded, sample_rate, subtype, format=kind)
        except (soundfile.SoundFileError, TypeError) as error:
            raise InputError(f"Cannot write {path} at {sample_rate} Hz ({error}).") from None


def as_coded(samples: Array, subtype: str) -> Array:
    """Samples as libsndfile takes them for a subtype, rounded here: it scales by 1 less itself.

    Args:
        samples: float32 in [-1, 1], of any shape.
        subtype: such as `"PCM_16"`.

    Returns:
        of the same shape: int16, int32 with 24 bits at its upper end, or float32.
    """
    if subtype == "PCM_16":
        return quantize(samples)
    if subtype == "PCM_24":
        most = 2.0**23
        rounded = np.round(np.asarray(samples, "float64") * most)
        return np.clip(rounded, -most, most - 1).astype("int32") << 8
    return samples


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


def is_written(suffix: str) -> bool:
    """Whether `save` writes files of a suffix, such as `".wav"`."""
    return suffix.lower() in _FORMATS


def sound_format(path: pathlib.Path, bits: int = 16) -> tuple[str, str]:
    """libsndfile's `(format, subtype)` for a suffix and bits, such as `("WAV", "PCM_16")`."""
    kind, subtype = _FORMATS[path.suffix.lower()]
    subtype = subtype or _BITS.get(bits)
    if subtype is None or not soundfile.check_format(kind, subtype):
        raise InputError(f"Expected 16, 24, or in WAV and AIFF 32 `bits`. Received: {bits!r}")
    return kind, subtype


def bits_like(coding: str, path: PathLike) -> int:
    """Bits to write so that a sound keeps its depth, as far as the format has it: 16, 24 or 32.

    Codings of fewer bits, and lossy ones, become 16 bits; integers of 32 bits and floating point of
    64 become floating point of 32, which is what sound is computed in.

    Args:
        coding: of the file that was read, such as `"WAV PCM_24"`.
        path: to write, with a suffix that `save` knows.
    """
    bits = {"PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 32}.get(coding.split()[-1], 16)
    kind, subtype = _FORMATS[pathlib.Path(path).suffix.lower()]
    return bits if subtype or soundfile.check_format(kind, _BITS[bits]) else min(bits, 24)


def resample(waveform: Array, from_rate: float, to_rate: float) -> Array:
    """Changes the sample rate, band-limited (soxr, high quality).

    Args:
        waveform: float32 `(batch, samples)`.
        from_rate: Hz.
        to_rate: Hz.

    Returns:
        float32 `(batch, samples * to_rate / from_rate)`, rounded, at least one.

    Raises:
        InputError: if a rate is not a number above 0, up to 1.536 MHz, or the result would have
            more than 2^31 samples.
    """
    numbers = all(isinstance(rate, int | float | np.number) for rate in (from_rate, to_rate))
    if not (numbers and 0 < from_rate <= MOST_RATE and 0 < to_rate <= MOST_RATE):
        raise InputError(
            f"Expected sample rates above 0 Hz, up to {MOST_RATE}. "
            f"Received: {from_rate!r} and {to_rate!r}"
        )
    waveform = np.asarray(waveform, "float32")
    if from_rate == to_rate:
        return waveform
    if waveform.shape[1] * (to_rate / from_rate) > MOST_SAMPLES:
        raise InputError(
            f"From {from_rate} to {to_rate} Hz, {waveform.shape[1]} samples would become more than "
            f"{MOST_SAMPLES}. Check the rates, or cut a piece out."
        )
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
