"""Sounds of a TFDS data set, with their labels."""

import dataclasses

import numpy as np

from keras_sounddream.audio.io import resample
from keras_sounddream.datasets.tfds import builders
from keras_sounddream.errors import InputError

RATE_FEATURE = "sample_rate"  # Hz, of each example


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

    def waveforms(self, sample_rate, most_seconds=None):
        """Decodes one sound after the other, as `sound_lists.SoundFiles.waveforms`."""
        rate = builders.rate_of(self.builder, self.feature)
        wanted = (self.feature,) if rate else (self.feature, RATE_FEATURE)
        for example in builders.read_in_order(self.builder, self.split, wanted):
            waveform = builders.as_waveform(example[self.feature])
            if not waveform.size:
                yield InputError("Expected sound, but it holds no samples.")
                continue
            from_rate = rate or int(example[RATE_FEATURE])
            whole = resample(waveform[None], from_rate, sample_rate)[0]
            most = len(whole) if most_seconds is None else max(1, round(most_seconds * sample_rate))
            yield whole[:most]


def list_data_set(name, conditions, split="train", data_folder=None, feature="audio"):
    """Lists the sounds of a TFDS data set that is prepared, with their labels.

    The sounds are an `Audio` feature with a sample rate, or integers of 16 bits with
    `sample_rate` beside them, as in `tfds_builders`.

    Args:
        name: str, of TFDS's or of `tfds_builders`'.
        conditions: dict from the name of a condition to the feature that holds its labels, such as
            `{"digit": "label"}`; empty for none.
        split: str, such as `"train"` or `"train[:90%]"`.
        data_folder: str or path, where TFDS keeps it; `None` for its default.
        feature: str, that holds the sound.

    Returns:
        `DataSetSounds`.

    Raises:
        InputError: if the data set is unknown or not prepared, or lacks a split or a feature.
    """
    builder = builders.find_prepared(name, data_folder)
    _check_split(builder, split)
    features = builder.info.features
    for wanted in (feature, *conditions.values()):
        if wanted not in features:
            raise InputError(f"{name} has no feature {wanted!r}. It has: {', '.join(features)}")
    if not (builders.rate_of(builder, feature) or _has_rates_beside(features, feature)):
        raise InputError(
            f"Expected an Audio feature with a sample rate as {feature!r} of {name}, or 16-bit "
            f"samples with {RATE_FEATURE} beside them."
        )
    found = {condition: [] for condition in conditions}
    if conditions:
        for example in builders.read_in_order(builder, split, conditions.values()):
            for condition, wanted in conditions.items():
                found[condition].append(_word(features[wanted], example[wanted]))
    labels = {condition: tuple(each) for condition, each in found.items()}
    return DataSetSounds(builder, split, labels, feature)


def _has_rates_beside(features, feature):
    is_samples = features[feature].shape == (None,) and features[feature].np_dtype == np.int16
    return is_samples and RATE_FEATURE in features


def _check_split(builder, split):
    try:
        count = builder.info.splits[split].num_examples
    except (KeyError, ValueError, AssertionError):
        count = 0
    if not count:
        raise InputError(
            f"{builder.name} has nothing in a split {split!r}. It has: "
            f"{', '.join(builder.info.splits)}, and parts of them, such as train[:90%]."
        )


def _word(feature, value):
    """A label as a word: of a ClassLabel its name."""
    if hasattr(feature, "int2str"):
        return feature.int2str(int(value))
    return value.decode() if isinstance(value, bytes) else str(value)
