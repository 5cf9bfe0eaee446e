"""The sound of a video: taken out of a video, and dreamed as a sound file is."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_sounddream.audio.streaming import read_channel_blocks, write_blocks
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.long_sounds.sound import SILENCE
from keras_sounddream.deepdream.long_sounds.stream import dream_stream
from keras_sounddream.deepdream.validation import warn_of_loss
from keras_sounddream.errors import InputWarning
from keras_sounddream.files import read_json, written_beside
from keras_sounddream.leftovers import remove
from keras_sounddream.types import Array
from keras_sounddream.workflows.video.couplings import Curve

if TYPE_CHECKING:
    from keras_sounddream.deepdream.model import DeepDream
    from keras_sounddream.workflows.video.source import VideoSource

_BITS = 24
_LEAST_SECONDS = 0.1  # of sound to dream on


@dataclasses.dataclass(frozen=True, kw_only=True)
class DrivenRendering(Rendering):
    """A rendering whose share of the dream follows a signal.

    Args:
        signal: its name.
        curve: the share over time.
    """

    signal: str
    curve: Curve

    def figures(self) -> dict[str, Any]:
        return {**super().figures(), "signal": self.signal}

    def share(self, places: Array, bounds: tuple[int, int], sample_rate: int) -> Array:
        return super().share(places, bounds, sample_rate) * self.curve.at(places / sample_rate)


class Track:
    """The sound of a video, in a folder for what is unfinished, by names that tell what it is of.

    Args:
        source: the video.
        folder: of the files, which is made.
        identity: all that the dream depends on, in JSON's types.

    Attributes:
        plain: path of the sound, FLAC.
        dreamed: path of its dream.
    """

    def __init__(self, source: VideoSource, folder: pathlib.Path, identity: Mapping[str, Any]):
        self._source, self._folder = source, folder
        text = json.dumps(identity, sort_keys=True, default=str)
        self.plain = folder / f"sound-{source.digest[:12]}.flac"
        self.dreamed = folder / f"dream-{hashlib.sha256(text.encode()).hexdigest()[:12]}.flac"
        self._figures = self.dreamed.with_suffix(".json")

    def take_out(self) -> None:
        """Writes the sound as it is, unless it is there."""
        if self.plain.exists():
            return
        self._folder.mkdir(exist_ok=True)
        self._write(self.plain, self._source.sound_blocks())

    def dream(self, dream: DeepDream, rendering: Rendering, progress: bool) -> None:
        """Dreams the sound; silence, and less than 0.1 s, stays as it is."""
        figures = None
        if self._is_dreamable():
            options: dict[str, Any] = {"progress": progress, "rendering": rendering}
            result = dream_stream(dream, self.plain, self.dreamed, overwrite=True, **options)
            warn_of_loss(result.lost)
            figures = result.figures()
        else:
            warnings.warn(
                f"The sound of {self._source.path} is silent or shorter than {_LEAST_SECONDS} s: "
                "it stays as it is.",
                InputWarning,
                stacklevel=2,
            )
            self._write(self.dreamed, read_channel_blocks(self.plain))
        with written_beside(self._figures, overwrite=True) as temporary:
            temporary.write_text(json.dumps(figures))

    @property
    def is_dreamed(self) -> bool:
        """Whether the dream is finished."""
        return self._figures.exists()

    def figures(self) -> dict[str, Any] | None:
        """Measurements of the dream; `None` if nothing was dreamed."""
        return read_json(self._figures, "") if self.is_dreamed else None

    def discard(self) -> None:
        """Removes the files of this and of other dreams, which the video's end makes useless."""
        for path in (*self._folder.glob("sound-*.flac"), *self._folder.glob("dream-*")):
            remove(path)

    def _write(self, path, blocks):
        rate, channels = self._source.sound.sample_rate, self._source.sound.channels
        write_blocks(path, blocks, rate, overwrite=True, channels=channels, bits=_BITS)

    def _is_dreamable(self):
        samples, power = 0, 0.0
        for block in read_channel_blocks(self.plain, mono=True):
            samples += len(block)
            power = max(power, float(np.mean(np.square(block))))
        long_enough = samples >= _LEAST_SECONDS * self._source.sound.sample_rate
        return long_enough and power >= SILENCE**2
