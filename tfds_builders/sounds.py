"""Base of the builders of sounds: the stored form of sound."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from keras_sounddream.audio.io import quantize, read, resample
from keras_sounddream.types import PathLike
from tfds_builders import files


@dataclasses.dataclass(eq=False)
class SoundConfig(files.FileConfig):
    """The stored form of sounds.

    Attributes:
        sample_rate: Hz, to resample to; `None` for each file's own.
    """

    sample_rate: int | None = None


class SoundBuilder(files.FileBuilder, skip_registration=True):
    """Stores sounds as 16-bit samples, mono, with their rate beside them."""

    def _describe_sounds(self, features, **information):
        """Describes the data set: `features` beside the sound and its rate."""
        return self._describe({**sound_features(), **features}, ("audio", "label"), **information)

    def _read(self, file):
        return self._read_beginning(file, None)

    def _read_beginning(self, file, most_seconds):
        return read_sound(file.path, self.builder_config.sample_rate, most_seconds)


def sound_features() -> dict[str, Any]:
    """The features of a sound: `audio`, int16 `(samples,)`, compressed, and `sample_rate`, Hz."""
    return {
        "audio": tfds.features.Tensor(shape=(None,), dtype=np.int16, encoding="zlib"),
        "sample_rate": tfds.features.Scalar(np.int32),
    }


def read_sound(
    path: PathLike, sample_rate: int | None = None, most_seconds: float | None = None
) -> dict[str, Any]:
    """A sound file as features: the mean of its channels, and the given or its own rate."""
    waveform, rate = read(path, most_seconds)
    stored_rate = sample_rate or rate
    return {"audio": quantize(resample(waveform, rate, stored_rate))[0], "sample_rate": stored_rate}
