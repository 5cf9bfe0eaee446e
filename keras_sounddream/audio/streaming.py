"""Sound files that are too long for memory, read and written block by block."""

import contextlib
import io
import pathlib
from collections.abc import Iterable, Iterator

import numpy as np
import soundfile
import soxr

from keras_sounddream.audio.io import as_coded, check_sound_output, sound_format
from keras_sounddream.audio.reading.reader import channel_blocks, mono_blocks, open_sound
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.types import Array, PathLike

_BLOCK_SAMPLES = 2**16
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)  # Hz, usual ones


def read_blocks(path: PathLike, sample_rate: int) -> Iterator[Array]:
    """Reads a sound file as mono blocks at a given rate, one after another.

    Joined, they equal what `io.load` returns, to the last bit.

    Args:
        path: file to read.
        sample_rate: Hz, of the blocks; the file may have any.

    Yields:
        float32 `(samples,)`, the mean of the file's channels; none is empty.

    Raises:
        InputError: see `io.load`.
    """
    for block in read_channel_blocks(path, sample_rate, mono=True):
        yield block[:, 0]


def read_channel_blocks(
    path: PathLike, sample_rate: int | None = None, mono: bool = False
) -> Iterator[Array]:
    """Reads a sound file as blocks of its channels, one after another.

    Args:
        path: file to read.
        sample_rate: Hz, of the blocks; by default the file's own.
        mono: whether to give the mean of the channels alone.

    Yields:
        float32 `(samples, channels)`; none is empty.

    Raises:
        InputError: see `io.load`.
    """
    with open_sound(path) as sound:
        rate, resampler = sound.sample_rate, None
        if sample_rate not in (None, rate):
            channels = 1 if mono else sound.channels
            resampler = soxr.ResampleStream(
                rate, sample_rate, channels, dtype="float32", quality="HQ"
            )
        blocks = mono_blocks(sound) if mono else channel_blocks(sound)
        for block in blocks:
            block = block.reshape(len(block), -1)
            block = block if resampler is None else resampler.resample_chunk(block)
            if len(block):
                yield block
        if resampler is not None:
            rest = resampler.resample_chunk(np.zeros((0, channels), "float32"), last=True)
            if len(rest):
                yield rest


def write_blocks(
    path: PathLike,
    blocks: Iterable[Array],
    sample_rate: int,
    overwrite: bool = False,
    channels: int = 1,
    bits: int = 16,
) -> None:
    """Writes blocks of sound to a file; the suffix chooses the format.

    Args:
        path: file to write, with a suffix that `io.save` knows.
        blocks: int16, or float32 in [-1, 1], `(samples,)` or `(samples, channels)` each.
        sample_rate: Hz.
        overwrite: whether an existing file may be replaced.
        channels: of the blocks.
        bits: 16, 24, or 32 for floating point, as in `io.save`.

    Raises:
        InputError: if the file may not or cannot be written; none is left then.
    """
    path = check_sound_output(path, overwrite)
    with written_beside(path, overwrite) as temporary:
        _write(temporary, path, blocks, sample_rate, channels, bits)


def check_writable(
    path: PathLike,
    sample_rate: int,
    overwrite: bool = False,
    channels: int = 1,
    bits: int = 16,
    converts: bool = True,
) -> pathlib.Path:
    """`pathlib.Path` of a file that can be written, in a format that takes the rate and channels.

    `converts`: whether the caller has the options `mono` and `rate`, which an error then names.

    Raises:
        InputError: otherwise; it names a rate that the format takes, or says that it takes fewer
            channels.
    """
    path = check_sound_output(path, overwrite)
    try:
        _try(path, sample_rate, channels, bits)
    except InputError as error:
        limit, option = _advice(path, sample_rate, channels, bits)
        advice = f"give {option}." if converts else "choose another format, such as .wav."
        raise InputError(f"{error} {f'{limit}: {advice}' if limit else ''}".strip()) from None
    return path


def _advice(path, sample_rate, channels, bits):
    """The limit of a format, and the option that stays below it; empty if there is none."""

    def fits(rate, channels):
        with contextlib.suppress(InputError):
            _try(path, rate, channels, bits)
            return True
        return False

    if fits(sample_rate, 1):
        return f"It takes fewer channels than {channels}", "--mono (mono=True)"
    rates = [rate for rate in _RATES if fits(rate, channels)]
    if not rates:
        return "", ""
    rate = min(rates, key=lambda rate: abs(rate - sample_rate))
    return f"It takes {rate} Hz", f"--rate {rate} (rate={rate})"


def _try(path, sample_rate, channels, bits):
    """Writes a tenth of a second of silence to memory."""
    silence = np.zeros((max(sample_rate // 10, 1), channels), "float32")
    _write(io.BytesIO(), path, [silence], sample_rate, channels, bits)


def _write(file, path, blocks, sample_rate, channels, bits):
    kind, subtype = sound_format(path, bits)
    try:
        with soundfile.SoundFile(file, "w", sample_rate, channels, subtype, format=kind) as sound:
            for block in blocks:
                sound.write(block if block.dtype == "int16" else as_coded(block, subtype))
    except (soundfile.SoundFileError, TypeError) as error:
        reason = getattr(error, "error_string", str(error)).removeprefix("Error : ").rstrip(".")
        raise InputError(f"Cannot write {path} at {sample_rate} Hz ({reason}).") from None
