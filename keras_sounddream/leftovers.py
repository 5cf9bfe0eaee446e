"""Names of unfinished files, by which those of a process that was killed are known and removed.

`.NAME.MACHINE-PROCESS-RANDOM.tmp` and the suffixes of NAME; `.old` for a folder that is replaced.
"""

import contextlib
import functools
import os
import pathlib
import platform
import re
import shutil
import time
import uuid
import zlib
from collections.abc import Iterator

_DAY = 24 * 3600.0
_MOST_BYTES = 150  # of a name within a name: file systems allow 255 in all
_NAME = re.compile(
    r"\.(?P<name>.+)\.(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{8}\.(tmp|old)(\..*)?",
    re.DOTALL,
)


@contextlib.contextmanager
def tidy_parents(path: pathlib.Path) -> Iterator[None]:
    """Removes, on failure, the folders of `path` that were not there before and are empty."""
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        yield
    except BaseException:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def temporary_name(path: pathlib.Path, kind: str = "tmp", suffix: str = "") -> pathlib.Path:
    """A path beside `path` for what is not finished; `kind` is `"tmp"` or `"old"`."""
    mark = f"{_machine()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    return path.with_name(f".{_short(path.name)}.{mark}.{kind}{suffix}")


def is_unfinished(name: str) -> bool:
    """Whether a file's or folder's name is one of `temporary_name`."""
    return _NAME.fullmatch(name) is not None


def sweep(path: pathlib.Path) -> None:
    """Removes what killed processes left of `path`, and puts a folder back that was in the way.

    The folder is listed once per process: thousands of files are written to some.
    """
    for left in _left_in(path.parent).pop(_short(path.name), ()):
        remove(left)


def restore(path: pathlib.Path) -> None:
    """As `sweep`, by a new list; the former folder returns if a kill fell between two renames."""
    for left in _list(path.parent).get(_short(path.name), ()):
        if left.name.endswith(".old") and left.is_dir() and not path.exists():
            left.rename(path)
        else:
            remove(left)


def remove(path: pathlib.Path) -> None:
    """Removes a file or folder if it is there and the system allows it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):
        path.unlink()


def _list(folder):
    """What no process is writing any more, by the name that it was to have."""
    left: dict[str, list[pathlib.Path]] = {}
    try:
        names = os.listdir(folder)
    except OSError:
        return left
    for name in names:
        match = _NAME.fullmatch(name)
        if match and _is_over(folder / name, match["machine"], int(match["process"])):
            left.setdefault(match["name"], []).append(folder / name)
    return left


_left_in = functools.lru_cache(maxsize=64)(_list)


def _is_over(path, machine, process):
    """Whether the process that wrote a file is gone; on other machines, after a day."""
    if machine == _machine() and os.name == "posix":
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        except OSError:  # it is another user's
            pass
        return False
    try:
        newest = max(p.stat().st_mtime for p in (path, *path.rglob("*")))
    except OSError:
        return False
    return time.time() - newest > _DAY


@functools.cache
def _machine():
    """Eight digits for this machine, or container: process numbers are unique within it."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{zlib.crc32(f'{platform.node()} {space}'.encode()):08x}"


def _short(name):
    """A name, or a number for one that leaves no room for more."""
    raw = os.fsencode(name)
    return name if len(raw) <= _MOST_BYTES else f"{zlib.crc32(raw):08x}"
