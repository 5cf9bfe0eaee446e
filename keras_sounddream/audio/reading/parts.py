"""The sounds in a file: one, or several that were joined."""

import dataclasses
import os
import re
from typing import BinaryIO

from keras_sounddream.audio.reading.headers import ENDS
from keras_sounddream.audio.reading.mp3_frames import is_counted, is_frame, mp3_starts, tag_bytes
from keras_sounddream.audio.reading.window import Part, find, read_at

_MOST = 2**16  # parts
_SEARCHED = 2**16  # bytes beyond the end
_MOST_SIZES = 64  # the largest frame of an MP3 is 40 times the smallest
_FLAC = re.compile(rb"fLaC[\x00\x80]\0\0\x22")  # and its first block, which has 34 bytes
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LIST", b"id3 ")  # of other programs, behind a sound


def find_parts(file: BinaryIO) -> tuple[list[Part], int]:
    """The sounds of an open file.

    Returns:
        `(parts, beyond)`: one `Part` at least; and the number of bytes behind the end that the
        header states, if they may be sound.
    """
    size = file.seek(0, os.SEEK_END)
    if read_at(file, 0, 4) in ENDS:
        return _hop(file, size)
    begin = tag_bytes(file, 0)
    head = read_at(file, begin, 4)
    finder = _STREAMS.get(head, mp3_starts if is_frame(head) else None)
    starts = [place for place in finder(file) if place > begin][:_MOST] if finder else []
    parts = [Part(*ends) for ends in zip([0, *starts], [*starts, size], strict=True)]
    if finder is mp3_starts:
        parts = [part if is_counted(file, part.start) else _feigned(part) for part in parts]
    return parts, 0


def _feigned(part):
    """An MP3 of frames of many sizes: the first one's tells nothing of its length."""
    return dataclasses.replace(part, feigned=_MOST_SIZES * (part.end - part.start))


def _hop(file, size):
    """Parts of a file in which each sound states its own end."""
    parts, start = [], 0
    while start < size and len(parts) < _MOST:
        find_end = ENDS.get(read_at(file, start, 4))
        if find_end is None:
            break
        end, patches = find_end(file, start, size)
        parts.append(Part(start, end, patches))
        start = end
        if start % 2 and read_at(file, start, 1) == b"\0":  # chunks are padded to even lengths
            start += 1
    rest = read_at(file, start, _SEARCHED).lstrip(b"\0")
    return parts, size - start if rest and not rest.startswith(_TAGS) else 0


def _ogg_starts(file):
    """First pages of a chained Ogg's links: streams that begin together are one link."""
    end_of_last = None
    for place, page in find(file, b"OggS\0", 27 + 255):
        if len(page) > 27 and page[5] & 2:
            if place != end_of_last:
                yield place
            table = page[27 : 27 + page[26]]
            end_of_last = place + 27 + len(table) + sum(table)


def _flac_starts(file):
    return (place for place, head in find(file, b"fLaC", 8) if _FLAC.match(head))


_STREAMS = {b"OggS": _ogg_starts, b"fLaC": _flac_starts}
