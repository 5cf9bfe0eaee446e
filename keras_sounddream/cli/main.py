"""The command line `sounddream`: finds the command, and turns bad input into one line."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Sequence

import click

import keras_sounddream
from keras_sounddream.cli import quick_keras
from keras_sounddream.cli.terminal import (
    OutputClosedError,
    end_of_pipe,
    ended_by_signals,
    say,
    visible_output,
)
from keras_sounddream.errors import InputError, InputWarning, visible
from keras_sounddream.files import why_full

_COMMANDS = (
    "examples",
    "dream",
    "style",
    "gallery",
    "classify",
    "features",
    "batch",
    "layers",
    "sonify",
    "train",
    "evaluate",
    "probe",
    "finetune",
    "units",
    "atlas",
    "distill",
    "models",
    "fetch",
    "convert",
    "export",
    "web",
    "demo",
    "generate",
    "filter",
    "live",
    "sample",
    "log",
    "data",
)


class _Commands(click.Group):
    """A group that imports a command's module when it is called, so that `--help` is fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        return importlib.import_module(f"keras_sounddream.cli.commands.{cmd_name}").command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(keras_sounddream.__version__, prog_name="sounddream")
def cli() -> None:
    """Classifies sounds, and dreams with the networks that do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: words after `sounddream`; by default those of the process.

    Returns:
        the exit code: 0; 1 if it was interrupted (Ctrl-C, SIGTERM, SIGHUP) or a check found
        something; 2 for bad input, a full disk or another error of the system, with one line on
        standard error; or 141 if nobody reads standard output any more.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("absl").setLevel(logging.ERROR)  # TFDS logs what it does not find
    quick_keras.prepare()
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    with ended_by_signals(), visible_output(arguments), _warnings_in_a_line():
        try:
            code = cli.main(arguments, prog_name="sounddream", standalone_mode=False) or 0
            sys.stdout.flush()
            return code
        except (click.Abort, KeyboardInterrupt):
            say("interrupted")
            return 1
        except Exception as error:
            return _exit_code(error)


def _exit_code(error):
    """Says in a line what went wrong; raises again what is a fault of the program."""
    if isinstance(error, OutputClosedError):
        return end_of_pipe()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        print(error.format_message())
        return 2
    if isinstance(error, InputError):
        say(str(error))
    elif isinstance(error, click.ClickException):
        say(f"{error.format_message()} See --help.")
    elif reason := why_full(error):
        file = getattr(error, "filename", None)
        say(f"Cannot write{f' {visible(file)}' if file else ''}: {reason}. Make room.")
        end_of_pipe()
    elif isinstance(error, OSError):
        reason = error.strerror or next(iter(str(error).splitlines()), type(error).__name__)
        say(f"{reason}: {visible(error.filename)}." if error.filename else f"{reason}.")
    else:
        raise error
    return 2


@contextlib.contextmanager
def _warnings_in_a_line():
    """Prints our warnings as errors are printed, without the place in the code."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def show_line(message, category, *location, **more):
            if issubclass(category, InputWarning):
                say(str(message), end_bars=False)
            else:
                show(message, category, *location, **more)

        warnings.showwarning = show_line
        yield


if __name__ == "__main__":
    sys.exit(main())
