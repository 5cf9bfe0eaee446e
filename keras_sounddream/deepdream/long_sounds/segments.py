"""Overlapping segments of a long sound."""

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from keras_sounddream.types import Array


@dataclasses.dataclass(frozen=True)
class Segments:
    """Segments of a sound, of equal length, in samples.

    Attributes:
        num_samples: length of the sound.
        length: of a segment; the last may exceed the sound by less than the analysis' step.
        starts: multiples of the analysis' step, so that neighbours share their frames.
        fade: length of a cross-fade.
    """

    num_samples: int
    length: int
    starts: tuple[int, ...]
    fade: int

    @property
    def seams(self) -> list[int]:
        """First sample of each cross-fade, which is in the middle of an overlap."""
        pairs = zip(self.starts, self.starts[1:], strict=False)
        return [(a + self.length + b - self.fade) // 2 for a, b in pairs]

    @property
    def bounds(self) -> list[int]:
        """First sample of each segment in the output, its fade included; then the end."""
        return [0, *self.seams, self.num_samples]


def cut(num_samples: int, segment: int, overlap: int, step: int) -> Segments:
    """Evenly spaced `Segments` of at most `segment` samples, rounded up to the analysis' `step`.

    Neighbours share at least `overlap` samples, at most half of `segment`; the middle half of that
    is the cross-fade.

    Example:
        >>> cut(1000, 400, 100, 10).starts
        (0, 300, 600)
    """
    most, overlap = step * -(-segment // step), step * -(-overlap // step)
    if num_samples <= most:
        return Segments(num_samples, num_samples, (0,), 0)
    count = -(-(num_samples - overlap) // (most - overlap))
    length = step * -(-(num_samples + (count - 1) * overlap) // (count * step))
    steps = -(-(num_samples - length) // step)  # to the last segment
    starts = tuple(step * round(k * steps / (count - 1)) for k in range(count))
    return Segments(num_samples, length, starts, overlap // 2)


def take_segments(blocks: Iterable[Array], segments: Segments, first: int = 0) -> Iterator[Array]:
    """Segments from number `first` on, zero-padded, of the blocks of a sound: `(length, …)`.

    No more than one segment and one block is held in memory.
    """
    blocks = iter(blocks)
    held = next(blocks, np.zeros(0, "float32"))
    shape, position = held.shape[1:], 0
    for start in segments.starts[first:]:
        parts, missing = [held], start + segments.length - position - len(held)
        while missing > 0 and (block := next(blocks, None)) is not None:
            parts.append(block)
            missing -= len(block)
            if position + sum(map(len, parts)) <= start:  # all of it lies before the segment
                position += sum(map(len, parts))
                parts = []
        held = np.concatenate([*parts, np.zeros((max(missing, 0), *shape), "float32")])
        held, position = held[start - position :], start
        yield held[: segments.length]


def within(blocks: Iterable[Array], begin: int, end: int) -> Iterator[Array]:
    """The samples from number `begin` up to `end` of the blocks of a sound; no block is empty."""
    position = 0
    for block in blocks:
        if position >= end:
            return
        part = block[max(begin - position, 0) : end - position]
        position += len(block)
        if len(part):
            yield part
