"""Metadata of an exported file, the same in every format."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from keras_sounddream.errors import InputError

LABELS_FILE = "labels.txt"
METADATA_FILE = "sounddream.json"
NEXT = "next_"  # prefix of outputs that are inputs of the next call


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What one must know of a file to feed it and to name its outputs.

    Attributes:
        model: name of the model.
        tasks: what the file does: keys of `tasks.TASKS`.
        sample_rate: Hz, of the waveforms it takes; `None` if it takes images.
        min_samples: length to which shorter sounds are repeated before they are scored; `None` if
            it takes images.
        samples: the one length that it takes, or `None` for any.
        labels: class names; for several outputs a dict of them by the outputs' names; or `None`.
        version: of the package that wrote it.
        settings: of the dream, with its objective in words and `has_places`, whether that has a
            mask or a box in time; or empty.
        input: name of what it takes: `"waveform"`, `"picture"`, or of a generator `"latent"`; of
            several tasks the first one's.
        size: the one size of images, rows and columns, that it takes, or `None`.
    """

    model: str
    tasks: tuple[str, ...]
    sample_rate: int | None
    min_samples: int | None
    samples: int | None = None
    labels: tuple[str, ...] | dict[str, tuple[str, ...]] | None = None
    version: str = ""
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    input: str = "waveform"
    size: tuple[int, int] | None = None

    def __post_init__(self):
        object.__setattr__(self, "tasks", tuple(self.tasks))
        if isinstance(self.labels, dict):
            labels = {output: tuple(names) for output, names in self.labels.items()}
            object.__setattr__(self, "labels", labels)
        elif self.labels is not None:
            object.__setattr__(self, "labels", tuple(self.labels))
        if self.size is not None:
            object.__setattr__(self, "size", tuple(self.size))

    def to_files(self) -> dict[str, bytes]:
        """Returns file name → contents: the fields as JSON, and a file of labels per output."""
        fields = {**dataclasses.asdict(self), "labels": self.labels}
        files = {METADATA_FILE: (json.dumps(fields, indent=2) + "\n").encode()}
        by_output = self.labels
        if not isinstance(by_output, dict):
            by_output = {} if by_output is None else {"": by_output}
        for output, labels in by_output.items():
            name = f"{output}_{LABELS_FILE}" if output else LABELS_FILE
            files[name] = "".join(f"{label}\n" for label in labels).encode()
        return files

    @classmethod
    def from_json(cls, text: str | bytes, source: str = "the file") -> Metadata:
        """Reads it from the text of `sounddream.json`.

        Args:
            text: JSON, as `to_files` writes it.
            source: where the text comes from, for the error.

        Raises:
            InputError: if the text is not that of a `Metadata`.
        """
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise InputError(f"Cannot read the metadata of {source}: {error}.") from None
