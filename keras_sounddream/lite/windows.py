"""Windows of fixed length: of a stored sound, and of a stream by a ring buffer."""

from collections.abc import Iterable, Iterator

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.types import Array


def tiled(waveform: Array, samples: int) -> Array:
    """A waveform `(n,)`, no longer than `samples`, repeated to `(samples,)`."""
    return np.tile(waveform, -(-samples // len(waveform)))[:samples]


def windows(waveform: Array, samples: int) -> Iterator[tuple[Array, float]]:
    """Yields adjacent windows `(samples,)`, and the share of the sound that each one adds.

    The last window ends with the sound; a sound shorter than a window is repeated to its length.
    """
    if len(waveform) <= samples:
        yield tiled(waveform, samples), 1.0
        return
    for start in range(0, len(waveform), samples):
        added = min(samples, len(waveform) - start)
        yield waveform[start + added - samples : start + added], added / len(waveform)


class RingBuffer:
    """The newest `samples` samples of a stream, in constant memory.

    Attributes:
        written: int, samples written so far.
    """

    def __init__(self, samples: int):
        self._ring = np.zeros(samples, "float32")
        self._next = 0  # index of the oldest sample, where the next one is written
        self.written = 0

    def write(self, block: Array) -> None:
        """Appends float32 `(any,)`, and drops as many of the oldest samples."""
        size = len(self._ring)
        self.written += len(block)
        self._next = (self._next + max(len(block) - size, 0)) % size
        block = block[-size:]
        first = min(len(block), size - self._next)
        self._ring[self._next : self._next + first] = block[:first]
        self._ring[: len(block) - first] = block[first:]
        self._next = (self._next + len(block)) % size

    def read(self) -> Array:
        """float32 `(samples,)`, the oldest first; zeros before the stream's start."""
        return np.concatenate([self._ring[self._next :], self._ring[: self._next]])


def sliding(blocks: Iterable[Array], samples: int, hop: int) -> Iterator[tuple[int, Array]]:
    """Yields every window of a stream, as `(end, window)`, for any sizes of its blocks.

    `end` counts the stream's samples until the window's end; `window` is float32 `(samples,)`. A
    stream that ends before its first window is repeated to one; what follows the last complete
    window is left out. A `hop` below one sample is an InputError.
    """
    if hop < 1:
        raise InputError(f"Expected a hop of one sample or more. Received: {hop}.")
    ring, due = RingBuffer(samples), samples
    for block in blocks:
        while len(block):
            now, block = block[: due - ring.written], block[due - ring.written :]
            ring.write(now)
            if ring.written == due:
                yield due, ring.read()
                due += hop
    if 0 < ring.written < samples:
        yield ring.written, tiled(ring.read()[-ring.written :], samples)
