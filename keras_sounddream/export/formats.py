"""Interfaces of exports: a `Task` of a model, and the `FormatWriter` that puts tasks in a file."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import inspect
import pathlib
import types
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from keras_sounddream.errors import InputError, MissingPackageError
from keras_sounddream.types import Array, PathLike

if TYPE_CHECKING:
    import keras

    from keras_sounddream.deepdream.model import DeepDream
    from keras_sounddream.export.metadata import Metadata


@dataclasses.dataclass(frozen=True)
class Option:
    """A scalar that a task can be given beside its input; `most` is the highest value allowed."""

    dtype: str
    default: float
    most: float


@dataclasses.dataclass(frozen=True)
class Task:
    """One thing that a model does.

    Attributes:
        name: key of `TASKS`.
        function: from a waveform, float32 `(batch, samples)`, or images, float32
            `(batch, height, width, 3)`, and `options` as optional keyword arguments, to a dict of
            tensors by the names in `outputs`.
        outputs: names of the outputs; a dream's objective is measured on the first.
        model: `keras.Model` or `DeepDream` whose variables the function reads.
        sample_rate: Hz; `None` for images.
        min_samples: the least that `function` takes; `None` for images.
        samples: the one length that `function` takes, or `None` for any from `min_samples`; of a
            latent, its size.
        limit: the largest difference allowed, as a share of the output's peak; of a dream, whose
            objective counts, not used but for `None`: then a single step is judged by it alone.
        objective_limit: share by which the objective of a dream may differ.
        repeats: whether a shorter sound is repeated to `min_samples`, not refused.
        options: `Option` by name.
        read: function from dreams and sources to the objective, `(batch,)`; `None` if this is no
            dream.
        labels: class names; for several outputs a dict of them by output; or `None`.
        input: `"waveform"`, `"picture"`, `"latent"` or `"original"`, a picture in [-1, 1]: the name
            of the first argument in files.
        size: rows and columns that `function` takes, or `None` for any.
        channels: of the pictures that it takes.
    """

    name: str
    function: Callable[..., dict]
    outputs: tuple[str, ...]
    model: keras.Model | DeepDream
    sample_rate: int
    min_samples: int
    samples: int | None
    limit: float | None
    objective_limit: float = 1e-3
    repeats: bool = True
    options: dict[str, Option] = dataclasses.field(default_factory=dict)
    read: Callable | None = None
    labels: tuple | dict | None = None
    input: str = "waveform"
    size: tuple[int, int] | None = None
    channels: int = 3

    @property
    def shape(self) -> tuple:
        """Shape of one example, `None` for a length that may be any."""
        if self.input in ("picture", "original"):
            return (*(self.size or (None, None)), self.channels)
        return (self.samples,)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Tells whether the model takes an input of a shape, the batch included."""
        return takes_shape(self.model, shape)


@dataclasses.dataclass(frozen=True)
class Runner:
    """An exported file, opened in its own runtime.

    Attributes:
        run: function from a task's name, a waveform, float32 `(batch, samples)`, or images,
            float32 `(batch, height, width, 3)`, and the task's options as keyword arguments
            (Python numbers), to a dict of arrays by the names in `Task.outputs`.
        operations: sorted kinds of operation in each task, by its name.
        options: those of the task's options that the file takes; the others are fixed in it.
    """

    run: Callable[..., dict[str, Array]]
    operations: dict[str, list[str]]
    options: tuple[str, ...] = ("steps", "step_size", "place")


class FormatWriter:
    """Writes and opens the files of one format: what `export_model` calls.

    A new format is a subclass that defines `write` and `read`, and a row of `FORMATS`.

    Attributes:
        folder_marker: name of the file by which a folder of the format is recognized; `None` if
            the format is a single file.
        is_portable: whether a file holds no operations of TensorFlow's own.
        tasks_per_file: the most tasks that one file holds; `None` for any number.
    """

    folder_marker: str | None = None
    is_portable: bool = False
    tasks_per_file: int | None = None

    def check_packages(self, verify: bool) -> None:
        """Imports the packages that writing needs and, if `verify`, those of the runtime.

        Raises:
            MissingPackageError: if one is not installed.
        """

    def at_length(self, task: Task, **options: Any) -> Task:
        """Returns a task at the one length or size that the file takes, if it takes one."""
        return task

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
# Format: arguments of `export_model` that it takes, those of its writer's `write`.
OPTIONS = {
    "litert": ("seconds", "quantization", "representative", "size"),
    "onnx": ("seconds", "size"),
    "saved_model": ("serving_name", "max_seconds"),
}
TASKS = {  # name: of dreams?
    "classify": False,
    "embed": False,
    "generate": False,
    "encode": False,
    "decode": False,
    "filter": False,
    "dream": True,
    "dream_step": True,
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


def check_task(name: str) -> None:
    """Checks that there is a task of that name; `InputError` with the nearest if not."""
    if name not in TASKS:
        near = difflib.get_close_matches(name, TASKS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"`tasks` are {', '.join(TASKS)}. Received: {name!r}.{hint}")


def check_options(format_name: str, accepted: Sequence[str], given: Collection[str]) -> None:
    """Checks that a format takes the arguments that are given; `InputError` if not."""
    unknown = [name for name in given if name not in accepted]
    if unknown:
        takes = _named(accepted) or "nothing of the kind for this model"
        raise InputError(
            f"The format {format_name} takes {takes}. Received: {_named(unknown)}. Leave it out."
        )


def writer_of(name: str) -> FormatWriter:
    """Returns the writer of a format, a key of `FORMATS`."""
    module, class_name = FORMATS[name]
    return getattr(importlib.import_module(module), class_name)()


def package(name: str, purpose: str) -> types.ModuleType:
    """Imports a package of the extra `export`; `purpose` begins the error's sentence."""
    try:
        return importlib.import_module(name.replace("-", "_"))
    except ImportError:
        raise MissingPackageError(name, purpose, "export") from None


def takes_shape(model: keras.Model, shape: tuple[int, ...]) -> bool:
    """Tells whether a model takes an input of a shape, and no output is empty."""
    import keras  # here, so that the endings of files are known without it

    try:
        outputs = model.compute_output_spec(keras.KerasTensor(shape))
    except (ValueError, TypeError):
        return False
    return all(0 not in tensor.shape for tensor in keras.tree.flatten(outputs))


def _named(options):
    """Names of options, and how the command line has them."""
    flags = {"serving_name": "--serving"}
    names = [f"`{name}` ({flags.get(name, '--' + name.replace('_', '-'))})" for name in options]
    return ", ".join(names)
