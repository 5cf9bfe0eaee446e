"""Files that are either whole or not there."""

import contextlib
import os
import pathlib
import shutil
import uuid

from keras_sounddream.errors import InputError


def check_output(path, overwrite=False):
    """Checks that a file can be written, before any work is done for it.

    Args:
        path: str or path of the file.
        overwrite: bool, whether a file that exists may be replaced.

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
    if path.exists() and not overwrite:
        raise InputError(
            f"{path} exists. Choose another name, or replace it with --force (overwrite=True)."
        )
    return path


def keep_folder(path):
    """Makes a folder to keep things in, with those above it, if it is missing.

    Args:
        path: str or path of the folder.

    Returns:
        `pathlib.Path` of it.

    Raises:
        InputError: if a file is in the way, or it cannot be made.
    """
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
def written_beside(path, overwrite=False):
    """Gives a temporary path beside `path`, renamed to it on success and removed on failure.

    Args:
        path: str or path of the file to make.
        overwrite: bool, whether a file that exists may be replaced.

    Yields:
        `pathlib.Path` with the same suffix, to write to.

    Raises:
        InputError: as `check_output`.
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
def folder_beside(path, overwrite=False, holds=None):
    """Gives a temporary folder beside `path`, renamed to it on success and removed on failure.

    Args:
        path: str or path of the folder to make; folders above it are made if they are missing.
        overwrite: bool, whether a folder that exists may be replaced.
        holds: str, name of a file by which a folder is known that may be replaced; any other
            folder with something in it is left alone.

    Yields:
        `pathlib.Path` of an empty folder, to write into.

    Raises:
        InputError: if the folder exists and `overwrite` is false, a file is in the way, or it
            cannot be written.
    """
    path = pathlib.Path(path)
    if path.exists() and not path.is_dir():
        raise InputError(f"Expected a folder to write, but {path} is a file. Choose another name.")
    if path.exists() and not overwrite:
        raise InputError(
            f"{path} exists. Choose another name, or replace it with --force (overwrite=True)."
        )
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
