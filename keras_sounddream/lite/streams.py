"""Sounds without an end: raw samples from a pipe, or from a microphone by ALSA's `arecord`."""

import subprocess
import tempfile

import numpy as np

from keras_sounddream.errors import InputError

_BLOCK_SECONDS = 0.1


def read_blocks(pipe, size=4096):
    """Reads what comes, as soon as it comes.

    Args:
        pipe: binary file: `sys.stdin.buffer`, a socket's or a process's.
        size: int, bytes, the most of a block.

    Yields:
        bytes, until the end.
    """
    read = getattr(pipe, "read1", pipe.read)  # `read` would wait for all `size` bytes
    while block := read(size):
        yield block


def decode_pcm(blocks, channels=1):
    """Decodes raw samples of 16 bits, little-endian.

    Args:
        blocks: iterable of bytes, cut anywhere, also within a sample.
        channels: int, whose samples take turns.

    Yields:
        float32 `(samples,)` in [-1, 1], the mean of the channels. Half a sample at the end is left
        out.
    """
    left, frame = b"", 2 * channels
    for block in blocks:
        left += block
        whole = len(left) // frame * frame
        values = np.frombuffer(left[:whole], "<i2").reshape(-1, channels)
        left = left[whole:]
        if len(values):
            yield values.mean(axis=1, dtype="float32") / np.float32(32768)


def record(sample_rate, device=None):
    """Records from a microphone until the generator is closed.

    Args:
        sample_rate: int, Hz. ALSA's `default` and `plughw` devices convert to it.
        device: str, of `arecord -L`, such as `plughw:1,0`; by default ALSA's.

    Yields:
        float32 `(samples,)`.

    Raises:
        InputError: if there is no `arecord`, or it ends by itself.
    """
    command = ["arecord", "-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(sample_rate)]
    command += ["-D", device] if device else []
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)
        except OSError:
            raise InputError(
                "A microphone needs `arecord` (apt install alsa-utils). Or pipe samples in."
            ) from None
        try:
            size = 2 * round(_BLOCK_SECONDS * sample_rate)
            yield from decode_pcm(read_blocks(process.stdout, size))
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
            raise InputError(f"`arecord` ended: {lines[-1]}.")
        finally:
            process.kill()
            process.communicate()
