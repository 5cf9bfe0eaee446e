"""Sound files read block by block until nothing comes, whatever their headers claim."""

import contextlib
import functools
import io
import os
import warnings
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

from keras_sounddream.audio.reading.headers import ENDS
from keras_sounddream.audio.reading.parts import find_parts
from keras_sounddream.audio.reading.source import name_of, open_file
from keras_sounddream.audio.reading.window import Part, Window, read_at
from keras_sounddream.audio.waveforms import Mono, check_rate
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.types import Array, PathLike

_BLOCK = 2**16  # samples
_MOST_PER_BYTE = 2**13  # samples: a byte of FLAC holds 6554 at most


class SoundReader:
    """An open sound file; joined sounds follow one another, at the rate of the first.

    Attributes:
        path: of the file.
        sample_rate: int, Hz.
        channels: int; a sound in the file that has others is mixed.
        coding: such as `"WAV PCM_16"`.
        damage: why decoding ended early, or empty; known when `blocks` has ended.
    """

    def __init__(self, path: PathLike, file: BinaryIO):
        self.path = path
        self._file = file
        self._window: Window | None = None
        chunked = read_at(file, 0, 4) in ENDS
        self._sound = self._open(self._parts[0] if chunked else None)
        self.sample_rate = check_rate(self._sound.samplerate, str(path))
        self.channels = self._sound.channels
        self.coding = f"{self._sound.format} {self._sound.subtype}"
        self.damage = ""

    @property
    def joined(self) -> int:
        """How many sounds are in the file, one after another."""
        return len(self._parts)

    @property
    def beyond(self) -> int:
        """Bytes behind the end that the header states, if they may be sound."""
        return self._found[1]

    def blocks(self, size: int = _BLOCK) -> Iterator[Array]:
        """Reads the file once, to its end.

        Args:
            size: samples of a block; the last of each sound may have fewer.

        Yields:
            float32 `(samples, channels)`.
        """
        for part in self._parts:
            try:
                sound = self._opened(part)
            except (soundfile.SoundFileError, OSError) as error:
                self.damage = _reason(error)
                return
            yield from self._fitted(self._read(sound, size), sound)
            if self.damage:
                return

    def seconds(self) -> float:
        """Length in s: by the headers if they can be right, otherwise the file is read for it."""
        total = 0.0
        for part in self._parts:
            sound = self._opened(part)
            most = _MOST_PER_BYTE * (part.end - part.start)
            if part.feigned or not 0 < sound.frames <= most:
                return sum(map(len, self.blocks())) / self.sample_rate
            total += sound.frames / sound.samplerate
        return total

    def close(self) -> None:
        """Closes the file."""
        self._sound.close()

    @functools.cached_property
    def _found(self):
        return find_parts(self._file)

    @property
    def _parts(self):
        return self._found[0]

    @functools.cached_property
    def _size(self):
        return self._file.seek(0, os.SEEK_END)

    def _opened(self, part):
        """The sound of a part, at its beginning; the one before is closed."""
        self._sound.close()
        self._sound = self._open(part)
        return self._sound

    def _open(self, part: Part | None = None) -> "_Sequential":
        """Opens a part, or the whole file."""
        alone = part is None or (self.joined == 1 and part == Part(0, self._size))
        self._window = None
        if alone and not isinstance(self._file, io.BytesIO):
            return _Sequential(name_of(self.path))
        self._window = Window(self._file, part or Part(0, self._size))
        return _Sequential(self._window)

    def _read(self, sound, size):
        """Blocks of one sound, up to damage."""
        left = sound.frames  # more are not given; if unknown, it is very large
        while left > 0:
            block = np.full((min(size, left), sound.channels), np.nan, "float32")
            try:
                block = sound.read(len(block), out=block)
            except soundfile.SoundFileError as error:  # what was decoded before is in the block
                self.damage = _reason(error)
                block = block[: np.count_nonzero(~np.isnan(block[:, 0]))]
            if len(block):
                yield block
            if self._window is not None and self._window.error is not None:
                self.damage = _reason(self._window.error)
            if self.damage or not len(block):
                return
            left -= len(block)

    def _fitted(self, blocks, sound):
        """Blocks of a joined sound at the rate, and with the channels, of the first."""
        rate, channels = sound.samplerate, sound.channels
        stream = None
        if rate != self.sample_rate:
            stream = soxr.ResampleStream(
                rate, self.sample_rate, channels, dtype="float32", quality="HQ"
            )
        ending = [np.zeros((0, channels), "float32")] if stream else []
        for last, block in _marked(blocks, ending):
            block = stream.resample_chunk(block, last=last) if stream else block
            if channels != self.channels:
                block = np.repeat(block.mean(axis=1, keepdims=True), self.channels, axis=1)
            if len(block):
                yield block


class _Sequential(soundfile.SoundFile):
    """Reads on without seeking: seeking after each block loses the end of unknown lengths."""

    def seekable(self) -> bool:
        return False


@contextlib.contextmanager
def open_sound(path: PathLike) -> Iterator[SoundReader]:
    """Context of a `SoundReader`; every failure within that is the file's is an InputError.

    What is no file, such as a pipe or `/dev/stdin`, is read into memory first.
    """
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open_file(path))
            sound = SoundReader(path, file)
            stack.callback(sound.close)
            yield sound
        except InputError:
            raise
        except (soundfile.SoundFileError, OSError, TypeError) as error:  # TypeError: headerless
            raise InputError(
                f"Cannot read {path} as sound ({_reason(error)}). Convert it to WAV."
            ) from None
        except MemoryError:
            raise InputError(f"{path} is too long for the memory. Read it in blocks.") from None


def mono_blocks(sound: SoundReader, size: int = _BLOCK) -> Iterator[Array]:
    """Reads an open sound as mono blocks, and warns at its end of what it lacks.

    Yields:
        float32 `(samples,)`, the mean of the channels.

    Raises:
        InputError: if it holds no sample, or some that are not finite or far over full scale.
    """
    for _, mono in _both(sound, size):
        yield mono


def channel_blocks(sound: SoundReader, size: int = _BLOCK) -> Iterator[Array]:
    """Blocks with their channels, float32 `(samples, channels)`; otherwise as `mono_blocks`."""
    for block, _ in _both(sound, size):
        yield block


def _both(sound, size):
    """Pairs of a block and its mono mix, checked; warns at the end."""
    mono = Mono(str(sound.path))
    for block in sound.blocks(size):
        yield block, mono.add(block)
    if not mono.samples:
        reason = f" ({sound.damage})" if sound.damage else ""
        raise InputError(f"Expected sound, but {sound.path} holds no samples{reason}.")
    mono.warn()
    seconds = mono.samples / sound.sample_rate
    if sound.damage:
        _warn(
            f"{sound.path} is damaged after {seconds:.2f} s ({sound.damage}): the rest is left out."
        )
    if sound.beyond:
        _warn(
            f"The header of {sound.path} ends it after {seconds:.2f} s: {sound.beyond} bytes behind"
            " that are left out."
        )


def _marked(blocks, ending):
    """Blocks, and an ending that is marked as the last."""
    yield from ((False, block) for block in blocks)
    yield from ((True, block) for block in ending)


def _reason(error):
    text = getattr(error, "error_string", None) or str(error) or type(error).__name__
    return text.splitlines()[-1].removeprefix("Error : ").rstrip(".")


def _warn(text):
    warnings.warn(text, InputWarning, stacklevel=5)
