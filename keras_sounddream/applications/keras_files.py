"""Keras's own files that users give: models (`.keras`) and weights (`.weights.h5`).

Whatever such a file holds, it is read whole or refused in a line, and no code in it is run.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pathlib
import re
from typing import TYPE_CHECKING, Any

from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    import keras

# The first versions of Keras without published ways to run code by a model's file in safe mode
# (CVE-2025-1550, -8747, -9906, -9905, CVE-2026-1462); setup.py requires them.
_SAFE = ((3, 12, 1), (3, 13, 2))
_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MOST_LETTERS = 300  # of a reason: Keras quotes whole models


def read_model(path: PathLike) -> keras.Model:
    """Reads a model that was saved as `.keras`; runs no code.

    Args:
        path: file to read.

    Returns:
        `keras.Model`, not compiled.

    Raises:
        InputError: if it is no such file, is damaged, or needs code that is not there or may not
            be run; or if the installed Keras is known to run code in such files.
    """
    check_file(path)
    check_version()
    _check_archive(pathlib.Path(path))
    import keras

    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras builds what the file says: anything may fail
        raise InputError(
            f"Cannot read {path} as a Keras model: {one_line(error)}. If it has layers of your "
            "own, import their module first; else fetch or save it again."
        ) from None


def check_file(path: PathLike) -> None:
    """Checks what a `.keras` file's name, first bytes and list of members reveal, without Keras.

    Raises:
        InputError: if it is not there, or is no archive of a model.
    """
    if not os.path.isfile(path):
        raise InputError(f"Cannot read {path} as a Keras model: there is no such file.")
    with _unreadable(path) as (reading_error, zip_archive, _):
        with open(path, "rb") as file:
            head = file.read(8)
        if not head.startswith(b"PK"):
            raise reading_error(
                f"it begins with {head!r}, not as a zip archive. Fetch or save it again"
            )
        _check_names(zip_archive.names(pathlib.Path(path)), reading_error)


def names_class(path: PathLike, name: str) -> bool:
    """Whether a class of ours is part of the model of a `.keras` file: read without Keras.

    Args:
        path: file to read.
        name: of the class, such as `"Generator"`.

    Raises:
        InputError: if it is not there, or is no archive of a model.
    """
    check_file(path)
    with _unreadable(path) as (reading_error, zip_archive, _):
        config = zip_archive.read(pathlib.Path(path))[_CONFIG]
        _check_config(config, reading_error)
    return f'"keras_sounddream>{name}"'.encode() in config


def load_weights(model: Any, path: PathLike) -> None:
    """Sets a model's weights from Keras's `.weights.h5`.

    Raises:
        InputError: if the file is damaged, or of another model.
    """
    reading_error, _, h5 = _convert()
    try:
        h5.check(pathlib.Path(path))
        model.load_weights(path)
    except reading_error as reason:
        raise InputError(f"Cannot read the weights {path}: {reason}.") from None
    except Exception as error:  # of h5py and Keras, for what does not fit
        raise InputError(f"{path} does not fit {model.name}: {one_line(error)}.") from None


def check_version(version: str | None = None) -> None:
    """Checks that a version of Keras, by default the installed one, runs no code in models' files.

    Raises:
        InputError: if it is known to.
    """
    if version is None:
        import keras

        version = keras.__version__
    numbers = tuple(map(int, re.findall(r"\d+", version)[:3]))
    least = next((safe for safe in _SAFE if safe[:2] == numbers[:2]), _SAFE[0])
    if numbers < least:
        raise InputError(
            f"Keras {version} can be made to run code that is in a model's file. "
            "pip install 'keras>=3.13.2' (on Python 3.10: 'keras>=3.12.1') to read such files."
        )


def one_line(error: Exception) -> str:
    """The first line of an error of Keras's, without the model that it quotes."""
    cause = str(error).rpartition("Exception encountered:")[2]  # by which Keras quotes another
    text = cause.partition("Full object config")[0].strip()
    line = next(iter(text.splitlines()), "").rstrip(". ") or type(error).__name__
    return line if len(line) <= _MOST_LETTERS else f"{line[: _MOST_LETTERS - 1]}…"


def _check_archive(path):
    """Reads every byte of a `.keras` file: complete, undamaged, and nothing but a model."""
    with _unreadable(path) as (reading_error, zip_archive, h5):
        members = zip_archive.read(path)
        _check_names(members, reading_error)
        _check_config(members[_CONFIG], reading_error)
        h5.check(path, io.BytesIO(members[_WEIGHTS]))


@contextlib.contextmanager
def _unreadable(path):
    """Context whose failures name the file; gives the readers of `convert`."""
    readers = _convert()
    try:
        yield readers
    except readers[0] as reason:
        raise InputError(f"Cannot read {path} as a Keras model: {reason}.") from None
    except OSError as error:
        cause = error.strerror or error
        raise InputError(f"Cannot read {path} as a Keras model: {cause}.") from None


def _check_names(members, reading_error):
    """Checks the names of the members."""
    for name in (_CONFIG, _WEIGHTS):
        if name not in members:
            raise reading_error(f"it lacks {name}. Save it with model.save")
    for name in members:
        if name.startswith(("/", "\\")) or ":" in name or ".." in re.split(r"[/\\]", name):
            raise reading_error(f"its member {name!r} would leave its folder")


def _check_config(text, reading_error):
    """Checks that the configuration is the JSON of an object."""
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise reading_error(f"its {_CONFIG} is broken ({type(error).__name__})") from None
    if not isinstance(config, dict):
        raise reading_error(f"its {_CONFIG} describes no model")


def _convert():
    """The readers of `convert`, imported only for a file."""
    from keras_sounddream.convert import h5, zip_archive
    from keras_sounddream.convert.binary import ReadingError

    return ReadingError, zip_archive, h5
