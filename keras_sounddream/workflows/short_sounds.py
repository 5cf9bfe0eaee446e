"""A sound that fits in memory, and the file that its dream is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_sounddream.audio.io import resample, save
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.full_rate.target import plan
from keras_sounddream.types import Array, PathLike
from keras_sounddream.workflows.media import Source

if TYPE_CHECKING:
    from keras_sounddream.audio.analysis import Analysis
    from keras_sounddream.deepdream.result import DreamResult


class ShortSound:
    """A sound at the rate, and with the channels, of the file to write.

    Args:
        source: the sound.
        output_path: the file.
        rendering: what of the dream gets into it.
        overwrite: whether it may be replaced.

    Attributes:
        target: `Target`.
        original: float32 `(channels, samples)`.
        bounds: of the region to dream, in samples.

    Raises:
        InputError: if the file may not be written, or the region is not in the sound.
    """

    def __init__(
        self, source: Source, output_path: PathLike, rendering: Rendering, overwrite: bool
    ):
        data = source.data if rendering.mono or source.channels is None else source.channels
        given = source.sample_rate, len(data), source.coding
        self.rendering = rendering
        self.target = plan(output_path, rendering, *given, overwrite)
        self._rate = self.target.sample_rate
        rendering.check_fits(source.data.shape[1] / source.sample_rate, self._rate)
        self.original = resample(data, source.sample_rate, self._rate)
        self.bounds = rendering.bounds(self.original.shape[1], self._rate)

    def heard(self, network_rate: int, written: Source | None = None) -> Array:
        """The region as a network gets it, of the original or of the file that was written.

        Returns:
            float32 `(1, samples)`, at the network's rate.
        """
        mono = self.original.mean(axis=0, keepdims=True) if written is None else written.data
        if self.bounds != (0, self.original.shape[1]):
            mono = mono[:, slice(*self.bounds)]
        return resample(mono, self._rate, network_rate)

    def write(
        self, path: PathLike, result: DreamResult, analysis: Analysis, overwrite: bool
    ) -> None:
        """Writes the original with its region dreamed."""
        from keras_sounddream.deepdream.full_rate.transfer import limited, render

        begin, end = self.bounds
        share = self.rendering.share(np.arange(begin, end), self.bounds, self._rate)
        original = self.original[:, begin:end]
        pair = result.source, result.dream
        part = render(*pair, analysis, original, self._rate, self.rendering, share)
        whole = np.concatenate([self.original[:, :begin], part, self.original[:, end:]], axis=1)
        if self.target.bits != 32:
            whole = limited(whole, self._rate)
        save(path, whole, self._rate, self.target.bits, overwrite, channels=True)
