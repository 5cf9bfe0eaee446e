"""Sound files to waveforms and back."""

import pathlib

import numpy as np
import soundfile
import soxr

from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside

_BITS = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}


def load(path, sample_rate):
    """Reads a sound file as a mono waveform at a given rate.

    Reads what libsndfile reads: WAV of every kind, FLAC, Ogg Vorbis, Opus, MP3, AIFF and more.
    A file that breaks off is read as far as it goes.

    Args:
        path: str or path of the file.
        sample_rate: int, Hz, of the waveform to return; the file may have any.

    Returns:
        float32 `(1, samples)`, the mean of the file's channels. In [-1, 1], except that lossy
        formats can overshoot a little.

    Raises:
        InputError: if the file is missing, empty, no sound file, holds no sample, or holds a
            value that is not a finite number.
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise InputError(f"Expected a sound file, but there is no {path}. Check the path.")
    if path.is_dir():
        raise InputError(f"Expected a sound file, but {path} is a folder. Name a file in it.")
    if path.stat().st_size == 0:
        raise InputError(f"Expected a sound file, but {path} is empty (0 bytes).")
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        reason = str(error).splitlines()[-1].rstrip(".")
        raise InputError(f"Cannot read {path} as sound ({reason}). Convert it to WAV.") from None
    if not len(samples):
        raise InputError(f"Expected sound, but {path} holds no samples.")
    if not np.isfinite(samples).all():
        count = np.count_nonzero(~np.isfinite(samples))
        raise InputError(f"{path} holds {count} samples that are not finite numbers. Repair it.")
    return resample(to_mono(samples[None]), rate, sample_rate)


def save(path, waveform, sample_rate, bits=16, overwrite=False):
    """Writes a waveform to a sound file; the suffix chooses the format.

    The file is written beside its place and renamed, so that it is whole or not there.

    Args:
        path: str or path, ending in `.wav`, `.flac`, `.ogg`, `.mp3` or another suffix of
            libsndfile's.
        waveform: float32 `(1, samples)` or `(samples,)`, in [-1, 1].
        sample_rate: int, Hz.
        bits: 16, 24, or 32 for floating point, of formats that have the choice.
        overwrite: bool, whether a file that exists may be replaced.

    Raises:
        InputError: if the waveform leaves [-1, 1] (nothing is clipped silently) or holds a value
            that is not a number, if the suffix names no format, or if the file may not be
            written.
    """
    samples = np.asarray(waveform, "float32")
    samples = samples[0] if samples.ndim == 2 and len(samples) == 1 else samples
    if samples.ndim != 1 or not len(samples):
        raise InputError(f"Expected one waveform to save. Received shape: {np.shape(waveform)}")
    peak = np.abs(samples).max()
    if not np.isfinite(peak):
        raise InputError("Expected finite samples to save. The waveform holds some that are not.")
    if peak > 1 and bits != 32:
        raise InputError(
            f"Expected samples in [-1, 1]. The peak is {peak:.3f}: lower the level, or save with "
            "`bits=32`."
        )
    path = check_sound_output(path, overwrite)
    subtypes = soundfile.available_subtypes(_format(path))
    subtype = _BITS[bits] if _BITS[bits] in subtypes else None
    if subtype == "PCM_16":
        samples = quantize(samples)
    with written_beside(path, overwrite) as temporary:
        soundfile.write(temporary, samples, sample_rate, subtype)


def quantize(waveform):
    """Rounds a waveform to 16 bits, as `save` writes it.

    Args:
        waveform: float32 array in [-1, 1].

    Returns:
        int16 of the same shape; `/ 32768` gives what `load` reads.
    """
    return np.clip(np.round(np.asarray(waveform) * 32768), -32768, 32767).astype("int16")


def check_sound_output(path, overwrite=False):
    """Checks that a sound file can be written, before any work is done for it.

    Args:
        path: str or path of the file.
        overwrite: bool, whether a file that exists may be replaced.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        InputError: as `files.check_output`, and if the suffix names no sound format.
    """
    path = check_output(path, overwrite)
    if _format(path) not in soundfile.available_formats():
        raise InputError(
            f"No sound format is called {path.suffix or 'that'} (in {path.name}). "
            "Use .wav, .flac, .ogg or .mp3."
        )
    return path


def resample(waveform, from_rate, to_rate):
    """Changes the sample rate, band-limited (soxr, high quality).

    Args:
        waveform: float32 `(batch, samples)`.
        from_rate: int, Hz.
        to_rate: int, Hz.

    Returns:
        float32 `(batch, samples * to_rate / from_rate)`, rounded.

    Raises:
        InputError: if a rate is not positive.
    """
    if not (from_rate > 0 and to_rate > 0):
        raise InputError(f"Expected sample rates above 0 Hz. Received: {from_rate} and {to_rate}")
    if from_rate == to_rate:
        return np.asarray(waveform, "float32")
    waveform = np.asarray(waveform, "float32")
    return np.stack([soxr.resample(clip, from_rate, to_rate, quality="HQ") for clip in waveform])


def to_mono(waveform):
    """Averages the channels.

    Args:
        waveform: float32 `(batch, samples, channels)`.

    Returns:
        float32 `(batch, samples)`.
    """
    return np.asarray(waveform, "float32").mean(axis=-1)


def _format(path):
    suffix = path.suffix.lower().lstrip(".")
    return {"AIF": "AIFF", "OPUS": "OGG"}.get(suffix.upper(), suffix.upper())
