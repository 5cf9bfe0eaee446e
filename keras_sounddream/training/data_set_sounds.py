"""Sounds of a TFDS data set, with their labels."""

import dataclasses

import numpy as np

from keras_sounddream.audio.io import resample
from keras_sounddream.errors import InputError


@dataclasses.dataclass(frozen=True)
class DataSetSounds:
    """Sounds of a data set of tensorflow_datasets, and their labels.

    Attributes:
        builder: its builder.
        split: str, such as `"train"`.
        labels: as of `sound_lists.SoundFiles`.
        feature: str, that holds the sound.
        left_out: as of `SoundFiles`, always empty.
    """

    builder: object
    split: str
    labels: dict
    feature: str
    left_out: tuple = ()

    @property
    def names(self):
        """What the sounds are called: tuple of str, the split and a number."""
        count = self.builder.info.splits[self.split].num_examples
        return tuple(f"{self.builder.name}/{self.split}/{number}" for number in range(count))

    @property
    def marks(self):
        """What changes where the data set does: its name, version and folder, and the split."""
        return [self.builder.info.full_name, str(self.builder.data_path), self.split, self.feature]

    def waveforms(self, sample_rate):
        """Decodes one sound after the other, as `sound_lists.SoundFiles.waveforms`."""
        rate = self.builder.info.features[self.feature].sample_rate
        only = {self.feature: True}
        for example in _examples(self.builder, self.split, only):
            samples = np.asarray(example[self.feature])
            if samples.ndim > 1:
                samples = samples.mean(axis=1)
            if not samples.size:
                yield InputError("Expected sound, but it holds no samples.")
                continue
            yield resample(_scaled(samples)[None], rate, sample_rate)[0]


def list_data_set(name, conditions, split="train", data_folder=None, feature="audio"):
    """Lists the sounds of a TFDS data set that is prepared, with their labels.

    Args:
        name: str, as of `tfds.builder`.
        conditions: dict from the name of a condition to the feature that holds its labels, such as
            `{"digit": "label"}`; empty for none.
        split: str.
        data_folder: str or path, where TFDS keeps it; `None` for its default.
        feature: str, that holds the sound.

    Returns:
        `DataSetSounds`.

    Raises:
        InputError: if the data set is unknown or not prepared, or lacks a split or a feature.
    """
    builder = _builder(name, data_folder)
    if split not in builder.info.splits:
        raise InputError(f"{name} has no split {split!r}. It has: {', '.join(builder.info.splits)}")
    features = builder.info.features
    for wanted in (feature, *conditions.values()):
        if wanted not in features:
            raise InputError(f"{name} has no feature {wanted!r}. It has: {', '.join(features)}")
    if getattr(features[feature], "sample_rate", None) is None:
        raise InputError(f"Expected an Audio feature with a sample rate as {feature!r} of {name}.")
    found = {condition: [] for condition in conditions}
    if conditions:
        only = dict.fromkeys(conditions.values(), True)
        for example in _examples(builder, split, only):
            for condition, wanted in conditions.items():
                found[condition].append(_word(features[wanted], example[wanted]))
    labels = {condition: tuple(each) for condition, each in found.items()}
    return DataSetSounds(builder, split, labels, feature)


def _builder(name, data_folder):
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_folder)
    except (tfds.core.registered.DatasetNotFoundError, ValueError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise InputError(f"Expected a data set of TFDS. Received: {name!r} ({reason}).") from None
    if not builder.info.splits:
        raise InputError(
            f"{name} is not prepared in {builder.data_path}. Call "
            f"tfds.builder({name!r}).download_and_prepare() first."
        )
    return builder


def _examples(builder, split, only):
    """Examples with some of their features alone, in the order in which they are stored."""
    import tensorflow_datasets as tfds

    decoders = tfds.decode.PartialDecoding(only)
    config = tfds.ReadConfig(interleave_cycle_length=1)
    return tfds.as_numpy(builder.as_dataset(split, decoders=decoders, read_config=config))


def _scaled(samples):
    """Samples of an Audio feature in [-1, 1]: those of whole numbers are of 16 bits."""
    scale = 1 / 32768 if np.issubdtype(samples.dtype, np.integer) else 1
    return (samples * np.float32(scale)).astype("float32")


def _word(feature, value):
    """A label as a word: of a ClassLabel its name."""
    if hasattr(feature, "int2str"):
        return feature.int2str(int(value))
    return value.decode() if isinstance(value, bytes) else str(value)
