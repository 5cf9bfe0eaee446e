"""Streams of raw samples: pipes, a microphone and a loudspeaker by ALSA's commands."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, BinaryIO

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

_BLOCK_SECONDS = 0.1
_BUFFER_SECONDS = 0.1  # of the loudspeaker
_SECONDS_TO_END = 5.0  # for a program whose pipe is closed


def standard(name: str) -> BinaryIO:
    """The bytes of `"stdin"` or `"stdout"`; an `InputError` if that is closed."""
    stream = getattr(sys, name)
    if stream is None:
        raise InputError(f"Expected a pipe, but {name} is closed. Open it, or leave - out.")
    return stream.buffer


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


def encode_pcm(blocks: Iterable[Array]) -> Iterator[bytes]:
    """Encodes sound as raw samples of 16 bits, little-endian, the inverse of `decode_pcm`.

    Args:
        blocks: float `(samples,)`; what leaves [-1, 1] is cut off.

    Yields:
        bytes.
    """
    for block in blocks:
        yield np.clip(np.round(block * 32768), -32768, 32767).astype("<i2").tobytes()


def record(
    sample_rate: int, device: str | None = None, period_seconds: float | None = None
) -> Iterator[Array]:
    """Records from a microphone until the generator is closed.

    Args:
        sample_rate: Hz. ALSA's `default` and `plughw` devices convert to it.
        device: name that `arecord -L` lists, such as `plughw:1,0`; by default ALSA's.
        period_seconds: from one block to the next, for a low latency; by default ALSA's 0.1 s.

    Yields:
        float32 `(samples,)`.

    Raises:
        InputError: if there is no `arecord`, or it ends by itself.
    """
    more = [] if period_seconds is None else [f"--period-time={round(1e6 * period_seconds)}"]
    call = "arecord", sample_rate, device, more, "A microphone needs"
    with _alsa(*call, stdout=subprocess.PIPE) as (pipe, why):
        size = 2 * round(_BLOCK_SECONDS * sample_rate)
        yield from decode_pcm(read_blocks(pipe, size))
        raise InputError(f"`arecord` ended: {why()}.")


def play(blocks: Iterable[Array], sample_rate: int, device: str | None = None) -> None:
    """Plays a stream until it ends; the loudspeaker holds up to 0.1 s of it.

    Args:
        blocks: float `(samples,)` in [-1, 1].
        sample_rate: Hz. ALSA's `default` and `plughw` devices convert from it.
        device: name that `aplay -L` lists; by default ALSA's.

    Raises:
        InputError: if there is no `aplay`, or it ends by itself.
    """
    more = [f"--buffer-time={round(1e6 * _BUFFER_SECONDS)}"]
    call = "aplay", sample_rate, device, more, "A loudspeaker needs"
    with _alsa(*call, stdin=subprocess.PIPE) as (pipe, why):
        try:
            for data in encode_pcm(blocks):
                pipe.write(data)
                pipe.flush()
        except BrokenPipeError:
            raise InputError(f"`aplay` ended: {why()}.") from None


@contextlib.contextmanager
def _alsa(program, sample_rate, device, more, needs, **pipes):
    """The pipe of a process that records or plays, and a function that tells why it ended."""
    command = [program, "-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(sample_rate)]
    command += [*(["-D", device] if device else []), *more]
    with tempfile.TemporaryFile() as messages:
        try:
            process = subprocess.Popen(command, stderr=messages, **pipes)
        except OSError:
            raise InputError(
                f"{needs} `{program}` (apt install alsa-utils). Or use a pipe."
            ) from None

        def why():
            process.wait(_SECONDS_TO_END)
            return _last_line(messages)

        pipe = process.stdout or process.stdin
        try:
            yield pipe, why
            if process.stdin:  # what is left is played
                process.stdin.close()
                process.wait()
        finally:
            process.kill()
            with contextlib.suppress(OSError):
                pipe.close()
            process.wait()


def _last_line(file):
    file.seek(0)
    lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "without a message"
