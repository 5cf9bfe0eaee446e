"""Work on several files, one after another, that goes on after a bad one."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Sequence

import click

from keras_sounddream.cli.options import early
from keras_sounddream.errors import InputError, visible

FAILED = 2  # exit code
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
    return FAILED if failed else 0


def none_readable(known: early.Known, paths: Sequence[str]) -> bool:
    """Whether no file can be read as what a model takes; then each is named with its reason."""
    if any(_is_readable(known, path) for path in paths):
        return False
    each_file(paths, lambda path: early.check_inputs(known, [path]))
    return True


def _is_readable(known, path):
    try:
        early.check_inputs(known, [path])
    except InputError:
        return False
    return True


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
