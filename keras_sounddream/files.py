"""Output files and folders that are either complete or not there."""

import contextlib
import os
import pathlib
import shutil
import uuid
from collections.abc import Iterator

from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike


def check_output(path: PathLike, overwrite: bool = False) -> pathlib.Path:
    """Checks that a file can be written, before any work is done for it.

    Args:
        path: file to write.
        overwrite: whether an existing file may be replaced.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        InputError: if the folder is missing or cannot be written to, or the file exists and
            `overwrite` is false.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        raise InputError(f"Expected a file to write, but {path} is a folder. Give a file name.")
    if not path.parent.is_dir():
        raise InputError(f"The folder {path.parent} for {path.name} does not exist. Make it first.")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"The folder {path.parent} cannot be written to. Choose another one.")
    _check_replaceable(path, overwrite)
    return path


def keep_folder(path: PathLike) -> pathlib.Path:
    """`pathlib.Path` of a folder, which is made with its parents if it is missing."""
    path = pathlib.Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"Expected a folder, but {path} cannot be made: {error.strerror or error}. "
            "Give another name."
        ) from error
    return path


@contextlib.contextmanager
def written_beside(path: PathLike, overwrite: bool = False) -> Iterator[pathlib.Path]:
    """Yields a temporary path beside `path`, renamed to it on success and removed on failure.

    The temporary path has the same suffix. Raises InputError where `check_output` does, and if
    writing fails.
    """
    path = check_output(path, overwrite)
    suffix = "".join(path.suffixes[-2:])
    temporary = path.with_name(f".{uuid.uuid4().hex[:8]}{suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def folder_beside(
    path: PathLike, overwrite: bool = False, holds: str | None = None
) -> Iterator[pathlib.Path]:
    """Yields an empty temporary folder, renamed to `path` on success and removed on failure.

    Args:
        path: folder to make; missing parents are made, too.
        overwrite: whether an existing folder may be replaced.
        holds: name of a file by which a folder is known that may be replaced; any other
            folder with something in it is left alone.

    Raises:
        InputError: if the folder exists and may not be replaced, a file is in the way, or it
            cannot be written.
    """
    path = pathlib.Path(path)
    if path.exists() and not path.is_dir():
        raise InputError(f"Expected a folder to write, but {path} is a file. Choose another name.")
    _check_replaceable(path, overwrite)
    if path.exists() and holds and any(path.iterdir()) and not (path / holds).exists():
        raise InputError(f"{path} holds something else (no {holds}). Choose another name.")
    mark = uuid.uuid4().hex[:8]
    temporary, old = path.with_name(f".{mark}"), path.with_name(f".{mark}.old")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if path.exists():
            path.rename(old)
        try:
            temporary.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        for left in (temporary, old):
            shutil.rmtree(left, ignore_errors=True)


def _check_replaceable(path, overwrite):
    if path.exists() and not overwrite:
        raise InputError(
            f"{path} exists. Choose another name, or replace it with --force (overwrite=True)."
        )
