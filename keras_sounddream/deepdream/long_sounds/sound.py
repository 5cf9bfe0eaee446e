"""A sound file too long for memory, and the file that its dream is written to."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from keras_sounddream.audio.streaming import read_channel_blocks, write_blocks
from keras_sounddream.audio.waveforms import check_overshoot
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.full_rate.target import plan_for_file
from keras_sounddream.deepdream.long_sounds.segments import within
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

SILENCE = 2.0**-17  # root mean square, a quarter of 16-bit sound's last bit


class LongSound:
    """A sound file to dream on and the file to write, both read at the rate of the latter.

    Args:
        input_path: a sound file.
        output_path: the file to write.
        rendering: what of the dream gets into it.
        overwrite: whether it may be replaced.

    Attributes:
        path: of the input.
        target: `Target`.
        rendering: `Rendering`.
        digest: SHA-256 of the samples.
        num_samples: at the target's rate.
        bounds: of the region to dream, in samples.

    Raises:
        InputError: if the input cannot be dreamed on, or the output may not be written.
    """

    def __init__(
        self, input_path: PathLike, output_path: PathLike, rendering: Rendering, overwrite: bool
    ):
        self.path, self.rendering = input_path, rendering
        self.target = plan_for_file(input_path, output_path, rendering, overwrite)
        self.num_samples, self.digest = _scan(input_path, self.blocks())
        self.bounds = rendering.bounds(self.num_samples, self.target.sample_rate)

    def blocks(self) -> Iterator[Array]:
        """Blocks of the input: float32 `(samples, channels)`."""
        return read_channel_blocks(self.path, self.target.sample_rate, self.rendering.mono)

    def mono_region(self, path: PathLike) -> Iterator[Array]:
        """Blocks of the region of the input or output in mono: float32 `(samples,)`."""
        blocks = read_channel_blocks(path, self.target.sample_rate, mono=True)
        return (block[:, 0] for block in within(blocks, *self.bounds))

    def write(self, path: PathLike, region: Iterable[Array]) -> None:
        """Writes the blocks of the region, with the input's around them."""
        begin, end = self.bounds
        before = within(self.blocks(), 0, begin) if begin else []
        after = within(self.blocks(), end, self.num_samples) if end < self.num_samples else []
        target = self.target
        blocks = itertools.chain(before, region, after)
        rate, channels, bits = target.sample_rate, target.channels, target.bits
        write_blocks(path, blocks, rate, channels=channels, bits=bits)


def _scan(path, blocks):
    """Number of samples and their SHA-256; raises for a peak too high or silence, in mono."""
    num_samples, power, peak, digest = 0, 0.0, 0.0, hashlib.sha256()
    for block in blocks:
        mono = block.mean(axis=1)
        num_samples += len(block)
        power = max(power, float(np.mean(np.square(mono))))
        peak = max(peak, float(np.abs(mono).max()))
        digest.update(np.ascontiguousarray(block).tobytes())
    check_overshoot(peak)
    if power < SILENCE**2:
        raise InputError(f"Expected sound to dream on, but {path} is silent.")
    return num_samples, digest.hexdigest()
