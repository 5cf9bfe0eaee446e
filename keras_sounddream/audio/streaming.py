"""Sound files that are too long for memory, read and written block by block."""

import io
import pathlib
from collections.abc import Iterable, Iterator

import numpy as np
import soundfile
import soxr

from keras_sounddream.audio.io import check_sound_output, sound_format
from keras_sounddream.audio.reading.reader import mono_blocks, open_sound
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.types import Array, PathLike

_BLOCK_SAMPLES = 2**16


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
    with open_sound(path) as sound:
        rate, resampler = sound.sample_rate, None
        if rate != sample_rate:
            resampler = soxr.ResampleStream(rate, sample_rate, 1, dtype="float32", quality="HQ")
        for block in mono_blocks(sound):
            block = block if resampler is None else resampler.resample_chunk(block)
            if len(block):
                yield block
        if resampler is not None:
            rest = resampler.resample_chunk(np.zeros(0, "float32"), last=True)
            if len(rest):
                yield rest


def write_blocks(
    path: PathLike, blocks: Iterable[Array], sample_rate: int, overwrite: bool = False
) -> None:
    """Writes mono blocks of 16-bit sound to a file; the suffix chooses the format.

    Args:
        path: file to write, with a suffix that `io.save` knows.
        blocks: int16 `(samples,)` each.
        sample_rate: Hz.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if the file may not or cannot be written; none is left then.
    """
    path = check_sound_output(path, overwrite)
    with written_beside(path, overwrite) as temporary:
        _write(temporary, path, blocks, sample_rate)


def check_writable(path: PathLike, sample_rate: int, overwrite: bool = False) -> pathlib.Path:
    """`pathlib.Path` of a file that can be written, in a format that takes the sample rate."""
    path = check_sound_output(path, overwrite)
    _write(io.BytesIO(), path, [np.zeros(sample_rate, "int16")], sample_rate)
    return path


def _write(file, path, blocks, sample_rate):
    kind, subtype = sound_format(path)
    try:
        with soundfile.SoundFile(file, "w", sample_rate, 1, subtype, format=kind) as sound:
            for block in blocks:
                sound.write(block)
    except (soundfile.SoundFileError, TypeError) as error:
        raise InputError(f"Cannot write {path} at {sample_rate} Hz ({error}).") from None
