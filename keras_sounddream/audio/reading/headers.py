"""Ends that the headers of WAV, AIFF and AU state, and sizes that a killed recorder left at zero.

libsndfile reads the first of joined sounds, and trusts a header that counts no samples.
"""

from typing import BinaryIO, TypeAlias

from keras_sounddream.audio.reading.window import read_at

Ends: TypeAlias = tuple[int, tuple[tuple[int, bytes], ...]]  # the end, and patches of the header

_UNKNOWN = 0xFFFFFFFF  # size in a header: up to the end of the file
_MOST_CHUNKS = 4096


def wave_end(file: BinaryIO, start: int, size: int) -> Ends:
    """Where a WAV or RF64 that begins at `start` ends, in a file of `size` bytes."""
    head = read_at(file, start, 36)
    order = "big" if head[:4] == b"RIFX" else "little"
    large = head[:4] == b"RF64" and head[12:16] == b"ds64"
    stated = _number(head[20:28] if large else head[4:8], order)
    place, length = _find_data(file, start + 12, order)
    if not start < place <= size:
        return size, ()
    if large and length == _UNKNOWN:
        length = _number(head[28:36], order)
    rest = size - place
    if not length and rest and not _are_chunks(file, place, size, order):
        places, width = ((20, 28), 8) if large else ((4, place - start - 4), 4)
        counts = size - start - 8, rest
        return size, tuple(
            (at, _bytes(n, width, order)) for at, n in zip(places, counts, strict=True)
        )
    if stated in (0, _UNKNOWN) or length > rest:
        return size, ()
    return min(max(start + 8 + stated, place + length), size), ()


def form_end(file: BinaryIO, start: int, size: int) -> Ends:
    """Where an AIFF ends."""
    stated = _number(read_at(file, start + 4, 4), "big")
    return (size if stated in (0, _UNKNOWN) else min(start + 8 + stated, size)), ()


def au_end(file: BinaryIO, start: int, size: int) -> Ends:
    """Where an AU ends."""
    offset, stated = (_number(read_at(file, start + at, 4), "big") for at in (4, 8))
    if not stated and size > start + offset:
        return size, ((8, _bytes(_UNKNOWN, 4, "big")),)
    return (size if stated == _UNKNOWN else min(start + offset + stated, size)), ()


ENDS = {
    **dict.fromkeys((b"RIFF", b"RIFX", b"RF64"), wave_end),
    b"FORM": form_end,
    b".snd": au_end,
}  # first bytes of a file → what finds the end of its sound


def _find_data(file, place, order):
    """First byte and stated length of the samples of a WAV; `(-1, 0)` if there are none."""
    for _ in range(_MOST_CHUNKS):
        head = read_at(file, place, 8)
        if len(head) < 8:
            break
        length = _number(head[4:], order)
        if head[:4] == b"data":
            return place + 8, length
        place += 8 + length + length % 2
    return -1, 0


def _are_chunks(file, place, size, order):
    """Whether chunks follow one another from a place to the end: then these are no samples."""
    for _ in range(_MOST_CHUNKS):
        head = read_at(file, place, 8)
        if len(head) < 8 or not all(32 <= letter < 127 for letter in head[:4]):
            return False
        length = _number(head[4:], order)
        place += 8 + length + length % 2
        if place >= size:
            return place - size <= 1
    return False


def _number(data, order):
    return int.from_bytes(data, order)


def _bytes(number, width, order):
    return min(number, 256**width - 1).to_bytes(width, order)
