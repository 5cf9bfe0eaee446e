"""What the builders of sounds share: how sound is stored."""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from keras_sounddream.audio.io import quantize, read, resample
from tfds_builders import files


@dataclasses.dataclass(eq=False)
class SoundConfig(files.FileConfig):
    """How a data set of sounds is stored.

    Attributes:
        sample_rate: int, Hz, that sounds are resampled to; `None` for each file's own.
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


def sound_features():
    """Describes a sound and its rate.

    Returns:
        dict of features: `audio`, int16 `(samples,)`, compressed, and `sample_rate`, int32, Hz.
    """
    return {
        "audio": tfds.features.Tensor(shape=(None,), dtype=np.int16, encoding="zlib"),
        "sample_rate": tfds.features.Scalar(np.int32),
    }


def read_sound(path, sample_rate=None, most_seconds=None):
    """Reads a sound file as it is stored.

    Args:
        path: str or path.
        sample_rate: int, Hz, to resample to; `None` for the file's own.
        most_seconds: float, after which reading ends; `None` for all of it.

    Returns:
        dict of `audio`, int16 `(samples,)`, the mean of the channels, and `sample_rate`, Hz.

    Raises:
        InputError: if the file cannot be read, naming it.
    """
    waveform, rate = read(path, most_seconds)
    stored_rate = sample_rate or rate
    return {"audio": quantize(resample(waveform, rate, stored_rate))[0], "sample_rate": stored_rate}
