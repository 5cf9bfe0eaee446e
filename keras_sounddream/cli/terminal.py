"""The command line's terminal: lines below progress bars, names that send no commands, signals."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from keras_sounddream.errors import visible

_STANDARD_OUTPUT = re.compile(r"(.*=|-o)?/(dev/stdout|dev/fd/1|proc/self/fd/1)")
_END_OF_LINE = re.compile(r"\s*\n\s*")
_BROKEN_PIPE = 141  # exit code of a program that the reader of its output left: 128 + SIGPIPE


def say(text: str, end_bars: bool = True) -> None:
    """Prints one line on standard error, after the progress bars, which end or stay below it."""
    line = f"sounddream: {visible(_END_OF_LINE.sub(' ', text.strip()))}"
    with contextlib.suppress(OSError, ValueError):  # standard error is full or closed
        module = sys.modules.get("tqdm")
        bars = list(getattr(module.tqdm, "_instances", ())) if module else []
        if bars and not end_bars:
            module.tqdm.write(line, file=sys.stderr)
            return
        for bar in bars:
            bar.close()
        print(line, file=sys.stderr, flush=True)


class OutputClosedError(Exception):
    """Nobody reads standard output any more; no `OSError`, for which click would exit with 1."""


class _Visible:
    """A text stream that shows control characters, except ends of lines and tabs, as escapes."""

    def __init__(self, stream: Any):
        self._stream = stream

    def write(self, text: str) -> int:
        with _told_from_files():  # click tries bytes, too: the stream refuses them
            shown = visible(text, keep="\n\t") if isinstance(text, str) else text
            return self._stream.write(shown)

    def flush(self) -> None:
        with _told_from_files():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def _told_from_files():
    try:
        yield
    except BrokenPipeError as error:
        raise OutputClosedError from error


@contextlib.contextmanager
def visible_output(arguments: Sequence[str]) -> Iterator[None]:
    """Context in which standard output shows control characters; errors of names are no errors.

    What is printed goes to standard error if standard output is the file that a command writes.
    """
    if hasattr(sys.stdout, "reconfigure"):  # names of files may not be valid text
        sys.stdout.reconfigure(errors="backslashreplace")
    taken = any(_STANDARD_OUTPUT.fullmatch(argument) for argument in arguments)
    with contextlib.redirect_stdout(_Visible(sys.stderr if taken else sys.stdout)):
        yield


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Context in which SIGTERM and SIGHUP end a command as Ctrl-C does, unless they are ignored."""
    former: dict[int, Any] = {}

    def end(number, frame):
        for each in former:
            signal.signal(each, signal.SIG_IGN)  # what is unfinished is removed undisturbed
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                former[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def end_of_pipe() -> int:
    """Ends the output that nobody reads, or that is full; the exit code of the former."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())  # or Python would try once more when it ends
        os.close(nothing)
    return _BROKEN_PIPE
