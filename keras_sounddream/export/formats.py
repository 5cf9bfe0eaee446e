"""Export formats: the interface of a format's writer, and the format that a path asks for."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pathlib
from collections.abc import Collection
from typing import TYPE_CHECKING

from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    from keras_sounddream.export.metadata import Metadata
    from keras_sounddream.export.tasks import Task
    from keras_sounddream.export.verify import Runner


class FormatWriter:
    """Writes and opens the files of one format: what `export_model` calls.

    A new format is a subclass that defines `write` and `read`, and a row of `FORMATS`.

    Attributes:
        folder_marker: name of the file by which a folder of the format is recognized; `None` if
            the format is a single file.
        tasks_per_file: the most tasks that one file holds; `None` for any number.
    """

    folder_marker: str | None = None
    tasks_per_file: int | None = None

    def default_tasks(self, tasks: list[Task]) -> list[Task]:
        """Returns those of a model's tasks that one file holds if none are named: here all."""
        return list(tasks)

    def write(self, tasks: list[Task], metadata: Metadata, path: pathlib.Path) -> list[Task]:
        """Writes tasks to a file, or into an empty folder.

        Args:
            tasks: the tasks to write.
            metadata: description of the file, to be stored in it.
            path: temporary path, in place of the final one.

        A subclass may add keyword-only arguments, which `export_model` then accepts for the format.

        Returns:
            The tasks as written: with the fixed length and the limits of the file.
        """
        raise NotImplementedError

    def read(self, path: pathlib.Path, tasks: list[Task]) -> Runner:
        """Opens a file in the format's own runtime, given the tasks that `write` returned."""
        raise NotImplementedError

    def options(self) -> list[str]:
        """Returns the names of the keyword-only arguments of `write`."""
        parameters = inspect.signature(self.write).parameters.values()
        return [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]


# Format: module and class of its `FormatWriter`.
FORMATS = {
    "litert": ("keras_sounddream.export.litert.writer", "LiteRTWriter"),
    "onnx": ("keras_sounddream.export.onnx.writer", "OnnxWriter"),
    "saved_model": ("keras_sounddream.export.saved_model.writer", "SavedModelWriter"),
}
_SUFFIXES = {".tflite": "litert", ".onnx": "onnx"}


def find_format(
    path: PathLike, name: str | None, default: str, choices: Collection[str] = FORMATS
) -> str:
    """Returns the format `name`; by default that of the path's ending, else `default`."""
    suffix = pathlib.Path(path).suffix.lower()
    of_suffix = _SUFFIXES.get(suffix)
    name = (of_suffix or default) if name is None else name
    if name not in choices:
        near = difflib.get_close_matches(str(name), choices, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"`format` must be one of {', '.join(choices)}. Received: {name!r}.{hint}")
    if of_suffix not in (None, name):
        raise InputError(
            f"A file that ends in {suffix} is of the format {of_suffix}. Received: {name}"
        )
    return name


def writer_of(name: str) -> FormatWriter:
    """Returns the writer of a format, a key of `FORMATS`."""
    module, class_name = FORMATS[name]
    return getattr(importlib.import_module(module), class_name)()
