"""Streams of sound: raw samples from a pipe, or from a microphone by ALSA's `arecord`."""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

_BLOCK_SECONDS = 0.1


def read_blocks(pipe: IO[bytes], size: int = 4096) -> Iterator[bytes]:
    """Reads bytes as soon as they arrive.

    Args:
        pipe: binary file: `sys.stdin.buffer`, a socket's or a process's.
        size: bytes per block at most.

    Yields:
        bytes, until the end.
    """
    read = getattr(pipe, "read1", pipe.read)  # `read` would wait for all `size` bytes
    while block := read(size):
        yield block


def decode_pcm(blocks: Iterable[bytes], channels: int = 1) -> Iterator[Array]:
    """Decodes raw samples of 16 bits, little-endian.

    Args:
        blocks: bytes, cut anywhere, also within a sample.
        channels: number of interleaved channels.

    Yields:
        float32 `(samples,)` in [-1, 1], the mean of the channels. An incomplete sample at the end
        is left out.
    """
    left, frame = b"", 2 * channels
    for block in blocks:
        left += block
        complete = len(left) // frame * frame
        values = np.frombuffer(left[:complete], "<i2").reshape(-1, channels)
        left = left[complete:]
        if len(values):
            yield values.mean(axis=1, dtype="float32") / np.float32(32768)


def record(sample_rate: int, device: str | None = None) -> Iterator[Array]:
    """Records from a microphone until the generator is closed.

    Args:
        sample_rate: Hz. ALSA's `default` and `plughw` devices convert to it.
        device: name that `arecord -L` lists, such as `plughw:1,0`; by default ALSA's.

    Yields:
        float32 `(samples,)`.

    Raises:
        InputError: if there is no `arecord`, or it ends by itself.
    """
    command = ["arecord", "-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(sample_rate)]
    command += ["-D", device] if device else []
    with tempfile.TemporaryFile() as messages:
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages)
        except OSError:
            raise InputError(
                "A microphone needs `arecord` (apt install alsa-utils). Or pipe samples in."
            ) from None
        try:
            size = 2 * round(_BLOCK_SECONDS * sample_rate)
            yield from decode_pcm(read_blocks(process.stdout, size))  # type: ignore[arg-type]
            raise InputError(f"`arecord` ended: {_last_line(messages)}.")
        finally:
            process.kill()
            process.communicate()


def _last_line(file):
    file.seek(0)
    lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "without a message"
