"""Beginnings of the sounds in joined MP3 files."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from keras_sounddream.audio.reading.window import find, read_at

_KBPS = {  # of layer III, by whether it is MPEG 1
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_TAG = re.compile(rb"ID3[\x02-\x04][\x00-\x0a].[\x00-\x7f]{4}", re.DOTALL)
_TAG_HEADER = 10  # bytes
_WORDS = (b"Xing", b"Info", b"VBRI")  # in counting frames
_SIDE = (36, 21, 13)  # bytes before the word of a counting frame: stereo, mono, low rates
_SEARCHED = 4096  # bytes behind a counted end


def mp3_starts(file: BinaryIO) -> Iterator[int]:
    """First bytes of joined sounds: tags, frames that count the others, what follows their end.

    libsndfile reads as many samples as the first of those frames counts.
    """
    counting = {}
    for word in _WORDS:
        for place, head in find(file, word, 16):
            begin = _counting_frame(file, place)
            if begin is not None:
                counting[begin] = head
    places = set(sorted(counting)[1:])  # frames before the first are read with it
    places.update(*(_after_count(file, begin, head) for begin, head in counting.items()))
    inside = -1
    for place in sorted(places | set(_tags(file))):
        if place > inside:
            yield place
        if place >= inside:
            inside = place + tag_bytes(file, place)  # the frame behind a tag is no other sound


def is_counted(file: BinaryIO, start: int) -> bool:
    """Whether the sound that begins at `start` begins with a frame that counts the others."""
    head = read_at(file, start + tag_bytes(file, start), max(_SIDE) + 4)
    return is_frame(head) and any(head[gap : gap + 4] in _WORDS for gap in _SIDE)


def tag_bytes(file: BinaryIO, place: int) -> int:
    """Bytes of the ID3 tag at a place; 0 if there is none."""
    head = read_at(file, place, _TAG_HEADER)
    if not _TAG.match(head):
        return 0
    size = 0
    for byte in head[6:]:
        size = size << 7 | byte
    return _TAG_HEADER + size


def is_frame(head: bytes) -> bool:
    """Whether bytes begin with the header of a frame of MPEG layer III."""
    return (
        len(head) >= 4
        and head[0] == 0xFF
        and head[1] & 0xE6 == 0xE2
        and head[1] >> 3 & 3 in _RATES
        and head[2] >> 4 not in (0, 15)
        and head[2] >> 2 & 3 != 3
    )


def _tags(file):
    """Places of ID3 tags: the first, and those before a frame."""
    for place, head in find(file, b"ID3", _TAG_HEADER):
        if _TAG.match(head) and (
            not place or is_frame(read_at(file, place + tag_bytes(file, place), 4))
        ):
            yield place


def _counting_frame(file, place):
    """Start of the frame whose word `Xing` or `Info` is at a place; `None` if it is no frame."""
    for gap in _SIDE:
        before = read_at(file, place - gap, gap) if place >= gap else b""
        if is_frame(before) and not before[4:].strip(b"\0"):
            return place - gap
    return None


def _after_count(file, begin, counts):
    """Where frames follow the bytes that a counting frame counts: one place, or none."""
    flags, first, second = (int.from_bytes(counts[at : at + 4], "big") for at in (4, 8, 12))
    length = (second if flags & 1 else first) if flags & 2 else 0
    if counts.startswith(b"VBRI"):
        length = int.from_bytes(counts[10:14], "big")
    if not length:
        return
    end = begin + length
    kind, behind = _kind(read_at(file, begin, 4)), read_at(file, end, _SEARCHED)
    for at in range(len(behind) - 4):
        head = behind[at : at + 4]
        if is_frame(head) and _kind(head) == kind:
            following = read_at(file, end + at + _frame_bytes(head), 4)
            if is_frame(following) and _kind(following) == kind:
                yield end + at
                return


def _kind(head):
    """Version, layer and rate of a frame: the same in all of a sound."""
    return head[1] & 0xFE, head[2] & 0x0C


def _frame_bytes(head):
    version = head[1] >> 3 & 3
    kbps = _KBPS[version == 3][(head[2] >> 4) - 1]
    samples = 144 if version == 3 else 72
    rate = _RATES[version][head[2] >> 2 & 3]
    return samples * 1000 * kbps // rate + (head[2] >> 1 & 1)
