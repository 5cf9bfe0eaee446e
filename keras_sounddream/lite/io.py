"""Sound files: WAV by itself, every other format if soundfile is installed."""

import importlib.util
import io
import pathlib

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.lite.length_variants import check_waveform
from keras_sounddream.lite.resampling import resample
from keras_sounddream.lite.wav import decode_wav, encode_wav, is_wav


def load(path, sample_rate):
    """Reads a sound file.

    Args:
        path: str or path. WAV of PCM or floating point needs no other package; FLAC, MP3, Ogg and
            the like need soundfile.
        sample_rate: int, Hz, to resample to: by soxr where it is installed, else by NumPy.

    Returns:
        float32 `(samples,)`, the mean of the channels.

    Raises:
        InputError: if it cannot be read, holds no sound, or needs soundfile.
    """
    try:
        contents = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from None
    samples, rate = (decode_wav if is_wav(contents) else _decode_other)(contents, str(path))
    waveform = samples.mean(axis=1, dtype="float32")
    if not np.isfinite(waveform).all():
        raise InputError(f"{path} holds values that are no numbers.")
    return resample(waveform, rate, sample_rate)


def check_sound_output(path, overwrite=False):
    """Checks that a sound can be written, before any work is done for it.

    Args:
        path: str or path, ending in `.wav`.
        overwrite: bool, whether a file that exists may be replaced.

    Raises:
        InputError: if the path ends otherwise or may not be written.
    """
    check_output(path, overwrite)
    if pathlib.Path(path).suffix.lower() != ".wav":
        raise InputError(f"Expected a name that ends in .wav. Received: {path}.")


def save(path, waveform, sample_rate, overwrite=False):
    """Writes a sound as a WAV file of 16 bits, which is whole or not there.

    Args:
        path: str or path, ending in `.wav`.
        waveform: float `(samples,)` or `(1, samples)` in [-1, 1].
        sample_rate: int, Hz.
        overwrite: bool, whether a file that exists may be replaced.

    Raises:
        InputError: if the path ends otherwise or may not be written, or the sound leaves [-1, 1].
    """
    check_sound_output(path, overwrite)
    waveform = check_waveform(waveform)
    peak = np.abs(waveform).max()
    if peak > 1:
        raise InputError(f"Expected samples in [-1, 1] to save. The peak is {peak:.3f}.")
    with written_beside(path, overwrite) as temporary:
        temporary.write_bytes(encode_wav(waveform, sample_rate))


def _decode_other(contents, source):
    if not importlib.util.find_spec("soundfile"):
        raise InputError(f"{source} is no WAV file. For other formats: pip install soundfile.")
    import soundfile

    stream = io.BytesIO(contents)
    try:
        return soundfile.read(stream, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, TypeError) as error:
        reason = str(error).replace(repr(stream), "it").rstrip(".")
        raise InputError(f"Cannot read {source} as sound ({reason}). Convert it to WAV.") from None
