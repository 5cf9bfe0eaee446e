"""Recognition of weight files by their content, and dispatch to the module that reads them."""

import importlib
import pathlib
import re

from keras_sounddream.convert import npy, pth, zip_archive
from keras_sounddream.convert.binary import ReadingError
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

_MAGIC = (  # offset in the file, bytes there, module that reads it
    (0, npy.MAGIC, "npy"),
    (0, b"\x89HDF\r\n\x1a\n", "h5"),
    (4, b"TFL3", "tflite"),
    (0, b"\x03\0\0\0\x01\0\0\0", "t7"),  # a table, the first object
    (0, b"\x04\0\0\0\x01\0\0\0", "t7"),  # an instance of a class, the first object
)
_SUFFIXES = {".t7": "t7", ".th": "t7", ".pth": "pth", ".pt": "pth"}  # where the content is unclear
_PART = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")  # of a TensorFlow checkpoint


def read_arrays(path: PathLike) -> dict[str, Array]:
    """Reads the tensors of a file, whose kind is recognised by its content.

    Args:
        path: `.npz`, `.npy`, `.pth`, `.t7`, `.h5` or `.tflite` file, or a TensorFlow checkpoint:
            its index, its data, or their common prefix.

    Returns:
        dict from name to read-only array of numbers. Names are the file's own: keys of `.npz` and
        of a `state_dict`, paths of data sets, names of variables; the keys of nested dictionaries
        and tables are joined by `/`.

    Raises:
        InputError: if it is none of these, is broken, or holds other things than numbers.
    """
    path = pathlib.Path(path)
    try:
        part = bool(_PART.search(path.name)) or not path.exists()
        prefix = path.with_name(_PART.sub("", path.name)) if part else path
        kind = "checkpoint" if part and is_there(path) else _kind(path)
        module = importlib.import_module(f"keras_sounddream.convert.{kind}")
        return module.read(prefix)
    except ReadingError as reason:
        raise InputError(f"Cannot read the weights {path}: {reason}.") from None
    except OSError as error:
        raise InputError(f"Cannot read the weights {path}: {error.strerror or error}.") from None


def is_there(path: PathLike) -> bool:
    """Tells whether a path is a file, or the prefix of a TensorFlow checkpoint's files.

    Args:
        path: to look at; nothing is opened.
    """
    path = pathlib.Path(path)
    return path.is_file() or path.with_name(f"{path.name}.index").is_file()


def _kind(path):
    """Name of the module that reads a file."""
    with path.open("rb") as file:
        head = file.read(64)
    for offset, magic, kind in _MAGIC:
        if head[offset:].startswith(magic):
            return kind
    if head.startswith(b"PK"):
        return (
            "pth" if any(f"/{n}".endswith("/data.pkl") for n in zip_archive.names(path)) else "npz"
        )
    if head.startswith(b"\x80"):
        return "pth" if pth.LEGACY_MAGIC in head else "npy"
    if path.suffix in _SUFFIXES:
        return _SUFFIXES[path.suffix]
    begin = f"it begins with {head[:8]!r}" if head else "it is empty"
    raise InputError(
        "Expected weights as .npz, .npy, .pth, .t7, .h5, .weights.h5, .tflite or a TensorFlow "
        f"checkpoint. {path} is none of them: {begin}."
    )
