"""Base of the builders that store files: splits, and the policy for broken files."""

import dataclasses
import pathlib
import typing

import tensorflow_datasets as tfds
from absl import logging

from keras_sounddream.checks import check, choice
from keras_sounddream.errors import InputError, fault_of
from tfds_builders import folds

BROKEN = ("skip", "fail")


@dataclasses.dataclass(eq=False)
class FileConfig(tfds.core.BuilderConfig):
    """The policy for files that cannot be read.

    Attributes:
        broken: `"skip"` leaves a file out and names it in `builder.info.metadata["broken_files"]`,
            `"fail"` ends the build.
    """

    broken: str = "skip"

    def __post_init__(self) -> None:
        check("broken", self.broken, choice(BROKEN))


class File(typing.NamedTuple):
    """A file to store: its key, its path and the fields stored with it.

    The field `recording` names the source recording, which no two parts should share.
    """

    key: str
    path: pathlib.Path
    fields: dict[str, typing.Any]


class FileBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Stores files; a subclass calls `_describe` and `_store`, and implements `_read`."""

    def _describe(self, features, supervised_keys=None, **information):
        """Describes the data set, with a report of broken files in its metadata."""
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            metadata=tfds.core.MetadataDict(broken_files=[], crossing={}),
            supervised_keys=supervised_keys if "label" in features else None,
            **information,
        )

    def _store(self, parts):
        """Generators of the splits for TFDS, from lists of `File` by split."""
        for name, files in parts.items():
            if not files:
                raise InputError(f"Expected files for the split {name} of {self.name}. Found none.")
        self.info.metadata["crossing"] = folds.find_crossing(
            (file.fields.get("recording", file.key), name)
            for name, files in parts.items()
            for file in files
        )
        return {name: self._generate_examples(files) for name, files in parts.items()}

    def _generate_examples(self, files):
        fault = None
        is_empty = True
        for file in files:
            try:
                content = self._read(file)
            except Exception as error:  # of whatever kind: it is this file's
                fault = fault_of(file.path, error)
                self._note_broken(fault)
                continue
            is_empty = False
            yield file.key, {**content, **file.fields}
        if is_empty:
            raise InputError(f"None of {len(files)} files can be read. {fault}")

    def _read(self, file):
        """Features of a file as a dict; whatever it raises is that file's fault."""
        raise NotImplementedError

    def _note_broken(self, error):
        """Records a broken file in the data set's metadata, or ends the build."""
        if self.builder_config.broken == "fail":
            raise error
        logging.warning("left out of %s: %s", self.name, error)
        self.info.metadata["broken_files"].append(str(error))
