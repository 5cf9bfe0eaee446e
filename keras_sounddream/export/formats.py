"""The formats that models leave in, and which of them a file's ending asks for."""

import difflib
import importlib
import pathlib

from keras_sounddream.errors import InputError

# Format: module that has `write(tasks, metadata, path, **options)`, `read(path, tasks)`, which
# gives a `verify.Runner`, `FOLDER_HOLDS`: the file by which a folder of the format is known, or
# `None` if it is a single file; and, where one file is not to hold them all, `by_default(tasks)`
# and `TASKS_A_FILE`, how many one holds at most.
FORMATS = {
    "litert": "keras_sounddream.export.litert.writer",
    "onnx": "keras_sounddream.export.onnx.writer",
    "saved_model": "keras_sounddream.export.saved_model.writer",
}
_SUFFIXES = {".tflite": "litert", ".onnx": "onnx"}


def find_format(path, name, default, among=FORMATS):
    """Tells which format is meant.

    Args:
        path: str or path of what is to be written.
        name: str, the format, or `None` for that of the path's ending.
        default: str, the format of any other ending.
        among: sequence of str, the formats that there are.

    Returns:
        str.

    Raises:
        InputError: if there is no such format, or the path's ending is another's.
    """
    suffix = pathlib.Path(path).suffix.lower()
    asked = _SUFFIXES.get(suffix)
    name = (asked or default) if name is None else name
    if name not in among:
        near = difflib.get_close_matches(str(name), among, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"`format` must be one of {', '.join(among)}. Received: {name!r}.{hint}")
    if asked not in (None, name):
        raise InputError(f"A file that ends in {suffix} is of the format {asked}. Received: {name}")
    return name


def writer_of(name):
    """Gives the module of a format.

    Args:
        name: str, key of `FORMATS`.

    Returns:
        module.
    """
    return importlib.import_module(FORMATS[name])
