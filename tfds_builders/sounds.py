"""What the builders of sounds share: how sound is stored, and what becomes of a broken file."""

import dataclasses
import pathlib
import typing

import numpy as np
import tensorflow_datasets as tfds
from absl import logging

from keras_sounddream.audio.io import quantize, read, resample
from keras_sounddream.errors import InputError
from tfds_builders import folds

BROKEN = ("skip", "fail")


@dataclasses.dataclass(eq=False)
class SoundConfig(tfds.core.BuilderConfig):
    """How a data set of sounds is stored.

    Attributes:
        sample_rate: int, Hz, that sounds are resampled to; `None` for each file's own.
        broken: str, what a file does that cannot be read: `"skip"` leaves it out and names it in
            `builder.info.metadata["broken_files"]`, `"fail"` ends the build.
    """

    sample_rate: int | None = None
    broken: str = "skip"

    def __post_init__(self):
        if self.broken not in BROKEN:
            raise InputError(f"`broken` must be 'skip' or 'fail'. Received: {self.broken!r}")


class Sound(typing.NamedTuple):
    """A file to store: its key, its path and what is stored beside the sound.

    Of `fields`, `recording` names the source recording, which no two parts should share.
    """

    key: str
    path: pathlib.Path
    fields: dict


class SoundBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Stores sounds as 16-bit samples, mono, with their rate beside them.

    A builder says what is beside the sound with `_sound_info`, and gives lists of `Sound`, a list
    a split, to `_store`.
    """

    def _sound_info(self, features, **information):
        """Describes the data set: `features` beside the sound and its rate."""
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict({**sound_features(), **features}),
            metadata=tfds.core.MetadataDict(broken_files=[], crossing={}),
            supervised_keys=("audio", "label") if "label" in features else None,
            **information,
        )

    def _store(self, parts):
        """Gives TFDS the generators of the splits; `parts` is a dict of lists of `Sound`."""
        for name, sounds in parts.items():
            if not sounds:
                raise InputError(
                    f"Expected sounds for the split {name} of {self.name}. Found none."
                )
        self.info.metadata["crossing"] = folds.find_crossing(
            (sound.fields.get("recording", sound.key), name)
            for name, sounds in parts.items()
            for sound in sounds
        )
        return {name: self._generate_examples(sounds) for name, sounds in parts.items()}

    def _generate_examples(self, sounds):
        for sound in sounds:
            try:
                samples, rate = self._read(sound)
            except InputError as error:
                note_broken(self, error)
                continue
            yield sound.key, {"audio": samples, "sample_rate": rate, **sound.fields}

    def _read(self, sound, most_seconds=None):
        """Reads a file as int16 `(samples,)` at the rate it is stored at, in Hz."""
        waveform, rate = read(sound.path, most_seconds)
        stored_rate = self.builder_config.sample_rate or rate
        return quantize(resample(waveform, rate, stored_rate))[0], stored_rate


def sound_features():
    """Describes a sound and its rate.

    Returns:
        dict of features: `audio`, int16 `(samples,)`, compressed, and `sample_rate`, int32, Hz.
    """
    return {
        "audio": tfds.features.Tensor(shape=(None,), dtype=np.int16, encoding="zlib"),
        "sample_rate": tfds.features.Scalar(np.int32),
    }


def note_broken(builder, error):
    """Names a file that could not be read in the data set's metadata, or ends the build.

    Args:
        builder: builder whose config has `broken`.
        error: `InputError` that names the file.

    Raises:
        InputError: the same, if the config says so.
    """
    if builder.builder_config.broken == "fail":
        raise error
    logging.warning("left out of %s: %s", builder.name, error)
    builder.info.metadata["broken_files"].append(str(error))
