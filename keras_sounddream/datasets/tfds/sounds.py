"""Sounds of a TFDS data set, with their labels."""

import dataclasses
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from keras_sounddream.audio.io import resample
from keras_sounddream.datasets.tfds import builders
from keras_sounddream.datasets.tfds.archives import as_word
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

RATE_FEATURE = "sample_rate"  # Hz, of each example


@dataclasses.dataclass(frozen=True)
class DataSetSounds:
    """Sounds of a data set of TFDS, and their labels.

    Attributes:
        builder: `tfds.core.DatasetBuilder` of the data set.
        split: such as `"train"`.
        labels: condition → one label per sound; empty for none.
        feature: name of the sound's feature.
        left_out: always empty; other lists name files without labels.
    """

    builder: Any
    split: str
    labels: dict[str, tuple[str, ...]]
    feature: str
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sounds: data set, split and number."""
        count = self.builder.info.splits[self.split].num_examples
        return tuple(f"{self.builder.name}/{self.split}/{number}" for number in range(count))

    @property
    def marks(self) -> list[str]:
        """Name with version, folder, split and feature, to detect changes."""
        return [self.builder.info.full_name, str(self.builder.data_path), self.split, self.feature]

    def waveforms(
        self, sample_rate: int, most_seconds: float | None = None
    ) -> Generator[Array | InputError, None, None]:
        """Decodes one sound after the other, see `file_lists.SoundFiles.waveforms`."""
        rate = builders.rate_of(self.builder, self.feature)
        features = (self.feature,) if rate else (self.feature, RATE_FEATURE)
        for example in builders.read_in_order(self.builder, self.split, features):
            waveform = builders.as_waveform(example[self.feature])
            if not waveform.size:
                yield InputError("Expected sound, but it holds no samples.")
                continue
            from_rate = rate or int(example[RATE_FEATURE])
            waveform = resample(waveform[None], from_rate, sample_rate)[0]
            if most_seconds is not None:
                waveform = waveform[: max(1, round(most_seconds * sample_rate))]
            yield waveform


def list_data_set(
    name: str,
    conditions: Mapping[str, str],
    split: str = "train",
    data_folder: PathLike | None = None,
    feature: str = "audio",
) -> DataSetSounds:
    """Lists the sounds of a TFDS data set that is built, with their labels.

    The sounds are an `Audio` feature with a sample rate, or int16 samples with a feature
    `sample_rate` beside them, as in `tfds_builders`.

    Args:
        name: of a data set of TFDS or `tfds_builders`.
        conditions: condition → feature that holds its labels, such as `{"digit": "label"}`; empty
            for none.
        split: such as `"train"` or `"train[:90%]"`.
        data_folder: of TFDS's data sets; `None` for its default.
        feature: name of the sound's feature.

    Returns:
        the sounds, in stored order.

    Raises:
        InputError: if the data set is unknown or not built, or lacks a split or a feature.
    """
    builder = builders.find_prepared(name, data_folder)
    _check_split(builder, split)
    features = builder.info.features
    for required in (feature, *conditions.values()):
        if required not in features:
            raise InputError(f"{name} has no feature {required!r}. It has: {', '.join(features)}")
    if not (builders.rate_of(builder, feature) or _has_rates_beside(features, feature)):
        raise InputError(
            f"Expected an Audio feature with a sample rate as {feature!r} of {name}, or 16-bit "
            f"samples with {RATE_FEATURE} beside them."
        )
    columns: dict[str, list[str]] = {condition: [] for condition in conditions}
    if conditions:
        for example in builders.read_in_order(builder, split, conditions.values()):
            for condition, label in conditions.items():
                columns[condition].append(_label(features[label], example[label]))
    labels = {condition: tuple(column) for condition, column in columns.items()}
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


def _label(feature, value):
    """A label as str: the name of a class, or the value itself."""
    if hasattr(feature, "int2str"):
        return feature.int2str(int(value))
    return as_word(value)
