"""Bytes of an open file: at a place, all places of some, and a part as a file of its own."""

import dataclasses
import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

_BLOCK = 2**20  # bytes
_LAST_TAG = 128  # bytes, where an MP3 may have a tag: these can always be read


@dataclasses.dataclass(frozen=True)
class Part:
    """One sound in a file.

    Attributes:
        start: its first byte.
        end: the byte after its last.
        patches: `(place, bytes)`, counted from the start, to read instead of those in the file.
        feigned: bytes behind the end that are said to be there, though none can be read: lengths
            are guessed by them, and a guess that is too short would end the sound.
    """

    start: int
    end: int
    patches: tuple[tuple[int, bytes], ...] = ()
    feigned: int = 0


class Window(io.RawIOBase):
    """A part of an open file as a file of its own, with some bytes replaced.

    An error while reading ends it, and stays in `error`: libsndfile, which reads it, would lose it.
    """

    def __init__(self, file: BinaryIO, part: Part):
        self._file, self._part, self._place = file, part, 0
        self._size = part.end - part.start + part.feigned
        self.error: OSError | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves to a place."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(0, origin + offset)
        return self._place

    def tell(self) -> int:
        """The place."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer as far as there are bytes, and counts them."""
        view = memoryview(buffer).cast("B")
        count = min(len(view), self._part.end - self._part.start - self._place)
        try:
            data = read_at(self._file, self._part.start + self._place, max(0, count))
        except OSError as error:
            self.error, data = error, b""
        if not data and self._place >= self._size - _LAST_TAG:
            data = bytes(min(len(view), self._size - self._place))
        view[: len(data)] = data
        for place, patch in self._part.patches:
            for number, byte in enumerate(patch, place - self._place):
                if 0 <= number < len(data):
                    view[number] = byte
        self._place += len(data)
        return len(data)


def read_at(file: BinaryIO, place: int, count: int) -> bytes:
    """Up to `count` bytes of a file from a place."""
    file.seek(place)
    return file.read(count)


def find(file: BinaryIO, needle: bytes, width: int) -> Iterator[tuple[int, bytes]]:
    """Places of some bytes in a file, each with up to `width` bytes from there on."""
    offset, data = 0, b""  # of `data` in the file
    while True:
        block = read_at(file, offset + len(data), _BLOCK)
        data += block
        complete = len(data) - width + 1 if block else len(data)
        place = data.find(needle)
        while 0 <= place < complete:
            yield offset + place, data[place : place + width]
            place = data.find(needle, place + 1)
        if not block:
            return
        offset, data = offset + max(0, complete), data[max(0, complete) :]
