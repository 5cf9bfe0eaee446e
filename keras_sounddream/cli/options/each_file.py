"""Work on several files, one after another, that goes on after a bad one."""

from __future__ import annotations

import errno
import pathlib
import sys
from collections.abc import Callable, Sequence

import click

from keras_sounddream.errors import InputError, visible

_FAILED = 2  # exit code
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def each_file(paths: Sequence[str], work: Callable[[str], str | None]) -> int:
    """Calls `work` with each path and prints what it returns; a failure is a line on stderr.

    Returns:
        the exit code: 0, or 2 if any file failed.
    """
    failed = 0
    for path in paths:
        try:
            text = work(path)
        except Exception as error:  # of whatever kind: it is this file's, not the others'
            if _is_full_disk(error):
                raise
            failed += 1
            print(f"sounddream: {visible(_reason(path, error))}", file=sys.stderr)
        else:
            if text is not None:
                click.echo(text)
    return _FAILED if failed else 0


def check_any(paths: Sequence[str]) -> None:
    """Raises an `InputError` if none of the paths is a file: known before a model is loaded."""
    if not any(pathlib.Path(path).exists() and not pathlib.Path(path).is_dir() for path in paths):
        problem = f"{paths[0]} is a folder" if pathlib.Path(paths[0]).is_dir() else ""
        raise InputError(
            f"Expected a sound file, but {problem or f'there is no {paths[0]}'}. Check the path."
        )


def _is_full_disk(error):
    """Whether nothing can be written, whatever the file that is read."""
    cause = error if isinstance(error, OSError) else error.__cause__
    return isinstance(cause, OSError) and cause.errno in _FULL


def _reason(path, error):
    """One line that names the file."""
    text = " ".join(str(error).split())
    if not isinstance(error, InputError):
        text = f"{type(error).__name__}: {text:.200}"
    return text if path in text else f"{path}: {text}"
