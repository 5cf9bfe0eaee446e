"""What an exported file says of itself, in every format."""

import dataclasses
import json

from keras_sounddream.errors import InputError

LABELS_FILE = "labels.txt"
METADATA_FILE = "sounddream.json"


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What one must know of a file to feed it and to name what it answers.

    Attributes:
        model: str, name of the model.
        tasks: tuple of str, what the file does: keys of `tasks.TASKS`.
        sample_rate: int, Hz, of the waveforms it takes; `None` if it takes pictures.
        min_samples: int; shorter sounds are repeated to this length before they are scored.
        samples: int, the one length that it takes, or `None` for any.
        labels: tuple of str, one a class; a dict of such, by the names of the outputs, where
            there are several; or `None`.
        version: str, of the package that wrote it.
        settings: dict, of the dream, or empty.
        input: str, what it takes: `"waveform"` or `"picture"`.
        size: pair of int, the one size of pictures, rows and columns, that it takes, or `None`.
    """

    model: str
    tasks: tuple
    sample_rate: int
    min_samples: int
    samples: int | None = None
    labels: tuple | dict | None = None
    version: str = ""
    settings: dict = dataclasses.field(default_factory=dict)
    input: str = "waveform"
    size: tuple | None = None

    def __post_init__(self):
        object.__setattr__(self, "tasks", tuple(self.tasks))
        if isinstance(self.labels, dict):
            labels = {output: tuple(names) for output, names in self.labels.items()}
            object.__setattr__(self, "labels", labels)
        elif self.labels is not None:
            object.__setattr__(self, "labels", tuple(self.labels))
        if self.size is not None:
            object.__setattr__(self, "size", tuple(self.size))

    def to_files(self):
        """Writes it as files: dict of file name to bytes; labels one a line, of each output."""
        fields = {**dataclasses.asdict(self), "labels": self.labels}
        files = {METADATA_FILE: (json.dumps(fields, indent=2) + "\n").encode()}
        each = self.labels
        if not isinstance(each, dict):
            each = {} if each is None else {"": each}
        for output, labels in each.items():
            name = f"{output}_{LABELS_FILE}" if output else LABELS_FILE
            files[name] = "".join(f"{label}\n" for label in labels).encode()
        return files

    @classmethod
    def from_json(cls, text, source="the file"):
        """Reads it from the text of `sounddream.json`.

        Args:
            text: str or bytes.
            source: str, where it was found, for the error.

        Returns:
            `Metadata`.

        Raises:
            InputError: if the text is not that of a `Metadata`.
        """
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise InputError(f"Cannot read the metadata of {source}: {error}.") from None
