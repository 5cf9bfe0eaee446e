"""Sounds of any length for files of one: windows, and a ring buffer for sounds without an end."""

import numpy as np

from keras_sounddream.errors import InputError


def tiled(waveform, samples):
    """Repeats a sound to a length.

    Args:
        waveform: float32 `(samples,)`, no longer than `samples`.
        samples: int.

    Returns:
        float32 `(samples,)`.
    """
    return np.tile(waveform, -(-samples // len(waveform)))[:samples]


def windows(waveform, samples):
    """Cuts a sound into windows, one behind the other; the last ends with the sound.

    Args:
        waveform: float32 `(samples,)`.
        samples: int, of a window. A shorter sound is repeated to it.

    Yields:
        `(window, share)`: float32 `(samples,)`, and float, how much of the sound is in this window
        and none before.
    """
    if len(waveform) <= samples:
        yield tiled(waveform, samples), 1.0
        return
    for start in range(0, len(waveform), samples):
        own = min(samples, len(waveform) - start)
        yield waveform[start + own - samples : start + own], own / len(waveform)


class RingBuffer:
    """The newest samples of a sound that goes on: memory of one window, whatever comes.

    Args:
        samples: int, that it holds.
    """

    def __init__(self, samples):
        self._held = np.zeros(samples, "float32")
        self._place = 0  # where the oldest sample is, and the next one goes
        self.written = 0  # samples, ever

    def write(self, block):
        """Takes samples in, and lets go of the oldest.

        Args:
            block: float32 `(samples,)`, any number.
        """
        size = len(self._held)
        self.written += len(block)
        self._place = (self._place + max(len(block) - size, 0)) % size
        block = block[-size:]
        first = min(len(block), size - self._place)
        self._held[self._place : self._place + first] = block[:first]
        self._held[: len(block) - first] = block[first:]
        self._place = (self._place + len(block)) % size

    def read(self):
        """Gives what it holds, the oldest first: float32 `(samples,)`; zeros before the sound."""
        return np.concatenate([self._held[self._place :], self._held[: self._place]])


def sliding(blocks, samples, hop):
    """Gives every window of a sound that comes in blocks, whatever the blocks' sizes.

    Args:
        blocks: iterable of float32 `(samples,)`.
        samples: int, of a window.
        hop: int, samples from the start of one window to that of the next.

    Yields:
        `(end, window)`: int, samples of the sound until the window's end, and float32
        `(samples,)`. A sound that ends before its first window does is repeated to one; what comes
        after the last whole window is left out.

    Raises:
        InputError: if `hop` is less than a sample.
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
