"""Sound files as one waveform without a batch axis, by `keras_sounddream.audio.io`."""

import pathlib

import numpy as np

from keras_sounddream import checks
from keras_sounddream.audio import io as audio_io
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output
from keras_sounddream.lite.length_variants import check_waveform
from keras_sounddream.types import Array, PathLike


def load(path: PathLike, sample_rate: int) -> Array:
    """Reads a sound file: WAV of every kind, FLAC, MP3, Ogg, Opus, AIFF.

    Args:
        path: file to read.
        sample_rate: Hz, to resample to.

    Returns:
        float32 `(samples,)`, the mean of the channels.

    Raises:
        InputError: if it cannot be read, holds no sound, or values that are no numbers or far over
            full scale.

    Warns:
        InputWarning: if something of the file is left out, or its channels cancel in mono.
    """
    return audio_io.load(path, sample_rate)[0]


def resample(waveform: Array, from_rate: int, to_rate: int) -> Array:
    """Changes the sample rate, band-limited (soxr, high quality).

    Args:
        waveform: float32 `(samples,)`.
        from_rate: Hz, at least 1.
        to_rate: Hz, at least 1.

    Returns:
        float32 `(samples * to_rate / from_rate,)`, rounded, at least one sample.

    Raises:
        InputError: if a rate is below 1 Hz.
    """
    checks.check("from_rate", from_rate, checks.number(1))
    checks.check("to_rate", to_rate, checks.number(1))
    return audio_io.resample(np.asarray(waveform)[np.newaxis], from_rate, to_rate)[0]


def check_sound_output(path: PathLike, overwrite: bool = False) -> None:
    """Raises InputError if a path does not end in `.wav` or may not be written."""
    check_output(path, overwrite)
    if pathlib.Path(path).suffix.lower() != ".wav":
        raise InputError(f"Expected a name that ends in .wav. Received: {path}.")


def save(path: PathLike, waveform: Array, sample_rate: int, overwrite: bool = False) -> None:
    """Writes a sound as a 16-bit WAV file, which is complete or not there.

    Args:
        path: ends in `.wav`.
        waveform: float `(samples,)` or `(1, samples)` in [-1, 1].
        sample_rate: Hz.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the path ends otherwise or may not be written, or the sound leaves [-1, 1].
    """
    check_sound_output(path, overwrite)
    waveform = check_waveform(waveform)
    peak = np.abs(waveform).max()
    if peak > 1:
        raise InputError(f"Expected samples in [-1, 1] to save. The peak is {peak:.3f}.")
    audio_io.save(path, waveform, sample_rate, overwrite=overwrite)
