"""Output files and folders that are either complete or not there, whatever is killed or full."""

import contextlib
import errno
import json
import os
import pathlib
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from typing import Any

from keras_sounddream import leftovers
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

_OPEN_FILE = re.compile(r"/(dev|proc/self)/fd/(\d+)")
_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_TEXT = re.compile("No space left on device|Disk quota exceeded|File too large", re.IGNORECASE)
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EROFS, errno.ENOSYS}  # of some file systems
_MOST_SUFFIX = 40  # letters: what is longer is no suffix


def cache_folder() -> pathlib.Path:
    """Keras's cache folder: `KERAS_HOME`, by default `~/.keras`."""
    return pathlib.Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()


def check_output(path: PathLike, overwrite: bool = False) -> pathlib.Path:
    """Checks that a file can be written, before any work is done for it.

    Args:
        path: file to write. A link is followed; a character device or a pipe is written to.
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
    if is_stream(path):
        return path
    if path.exists() and not path.is_file():
        raise InputError(
            f"Expected a file to write, but {path} is a disk or a socket. Give a file name."
        )
    target = _target(path)
    if not target.parent.is_dir():
        raise InputError(f"The folder {path.parent} for {path.name} does not exist. Make it first.")
    if not os.access(target.parent, os.W_OK):
        raise InputError(f"The folder {path.parent} cannot be written to. Choose another one.")
    _check_replaceable(path, overwrite)
    return path


def is_stream(path: PathLike) -> bool:
    """Whether a path is written to and never replaced: a pipe, a character device, an open file."""
    if _descriptor(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


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

    The temporary path has the same suffix, and is on the disk before it is renamed. What earlier
    processes left of it when they were killed is removed. For a device or pipe, the temporary file
    lies in the system's folder for those, and its content is written to the device. Raises
    InputError where `check_output` does, and if writing fails.
    """
    path = check_output(path, overwrite)
    if is_stream(path):
        with _sent_to(path) as temporary:
            yield temporary
        return
    target = _target(path)
    leftovers.sweep(target)
    temporary = leftovers.temporary_name(target, suffix=_suffix(target))
    try:
        with named_if_full(path):
            yield temporary
            _replace(temporary, target)
    finally:
        leftovers.remove(temporary)


@contextlib.contextmanager
def folder_beside(
    path: PathLike, overwrite: bool = False, holds: str | None = None
) -> Iterator[pathlib.Path]:
    """Yields an empty temporary folder, renamed to `path` on success and removed on failure.

    All of it is on the disk before it is renamed. What a process that was killed left of it is
    removed, or put back.

    Args:
        path: folder to make; missing parents are made, too. A link is followed.
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
    target = _target(path)
    leftovers.restore(target)
    _check_replaceable(path, overwrite)
    if path.exists() and holds and any(path.iterdir()) and not (path / holds).exists():
        raise InputError(f"{path} holds something else (no {holds}). Choose another name.")
    temporary = leftovers.temporary_name(target)
    old = temporary.with_suffix(".old")
    with leftovers.tidy_parents(target):
        try:
            with named_if_full(path):
                temporary.mkdir(parents=True)
                yield temporary
                _replace(temporary, target, old)
        finally:
            leftovers.remove(temporary)
            if target.exists():  # or the former folder is all there is
                leftovers.remove(old)


@contextlib.contextmanager
def named_if_full(path: PathLike) -> Iterator[None]:
    """Context in which an error of the system, or any library's of a full disk, names `path`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = why_full(error)
        if reason is None and isinstance(error, OSError):
            reason = error.strerror or str(error)
        if reason is None:
            raise
        raise InputError(f"Cannot write {path}: {reason}.") from error


def read_json(path: pathlib.Path, advice: str) -> Any:
    """What a JSON file of ours holds; an `InputError` with advice for one that is damaged."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path} is damaged ({reason}). {advice}") from error


def why_full(error: BaseException | None) -> str | None:
    """`"No space left on device"` or the like if that caused an error, however it is wrapped."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return os.strerror(error.errno)
        if match := _FULL_TEXT.search(str(error)):
            return match[0]
        error = error.__cause__ or error.__context__
    return None


def sync(path: PathLike) -> None:
    """Brings a file, or a folder's list of names, from the system's memory to the disk."""
    if os.name != "posix" and os.path.isdir(path):  # Windows has no such thing
        return
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


def _replace(temporary, target, old=None):
    """Renames what is finished, when all of it is on the disk; a former folder is `old` by then."""
    nested = any(map(leftovers.is_unfinished, target.parts))  # its folder is brought there later
    if not nested:
        for folder, _, names in os.walk(temporary):
            for path in (*(os.path.join(folder, name) for name in names), folder):
                if not os.path.islink(path):
                    sync(path)
    if not nested and temporary.is_file():
        sync(temporary)
    if old is not None and target.exists():
        target.rename(old)
    try:
        temporary.rename(target) if old is not None else temporary.replace(target)
    except OSError:
        if old is not None and old.exists():
            old.rename(target)
        raise
    if not nested:
        sync(target.parent)


@contextlib.contextmanager
def _sent_to(path):
    """A temporary file whose content is written to a device or pipe in the end."""
    handle, name = tempfile.mkstemp(_suffix(path), "sounddream-")
    os.close(handle)
    try:
        with named_if_full(path):
            yield pathlib.Path(name)
            with open(name, "rb") as file, _opened(path) as stream:
                shutil.copyfileobj(file, stream)
    finally:
        pathlib.Path(name).unlink(missing_ok=True)


def _opened(path):
    """A device, pipe or open file, to be written to; without waiting for the reader of a pipe."""
    number = _descriptor(path)
    if number is not None:
        return os.fdopen(os.dup(number), "wb")
    try:
        number = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise InputError(f"No process reads the pipe {path}. Start its reader first.") from None
        raise
    os.set_blocking(number, True)
    return os.fdopen(number, "wb")


def _descriptor(path):
    """The number of the open file that a path stands for, such as 1 for `/dev/stdout`."""
    if os.name != "posix":
        return None
    match = _OPEN_FILE.fullmatch(str(path))
    return int(match[2]) if match else _STANDARD.get(str(path))


def _target(path):
    """The path behind a link, or `path` itself where it is none."""
    plain = path.name not in ("", "..") and not path.is_symlink()
    return path if plain else pathlib.Path(os.path.realpath(path))


def _suffix(path):
    """The last two suffixes, or the last, of a file that is written under another name."""
    for suffix in ("".join(path.suffixes[-2:]), path.suffix):
        if len(suffix) <= _MOST_SUFFIX:
            return suffix
    return ""


def _check_replaceable(path, overwrite):
    if path.exists() and not overwrite:
        raise InputError(
            f"{path} exists. Choose another name, or replace it with --force (overwrite=True)."
        )
