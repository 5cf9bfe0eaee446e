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
from keras_sounddream.errors import InputError, InputWarning

_COMMANDS = (
    "dream",
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
    "distill",
    "convert",
    "export",
    "generate",
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
        the exit code: 0; 1 if it was interrupted or a check found something; or 2 for bad input,
        with one line on standard error.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if hasattr(sys.stdout, "reconfigure"):  # names of files may not be valid text
        sys.stdout.reconfigure(errors="backslashreplace")
    logging.getLogger("absl").setLevel(logging.ERROR)  # TFDS logs what it does not find
    try:
        with _warnings_in_a_line():
            return cli.main(arguments, prog_name="sounddream", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        return 2
    except InputError as error:
        print(f"sounddream: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except click.ClickException as error:
        print(f"sounddream: {error.format_message()} See --help.", file=sys.stderr)
        return 2
    except (click.Abort, KeyboardInterrupt):
        print("sounddream: interrupted", file=sys.stderr)
        return 1


@contextlib.contextmanager
def _warnings_in_a_line():
    """Prints our warnings as errors are printed, without the place in the code."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def show_line(message, category, *location, **more):
            if issubclass(category, InputWarning):
                print(f"sounddream: {message}", file=sys.stderr)
            else:
                show(message, category, *location, **more)

        warnings.showwarning = show_line
        yield


if __name__ == "__main__":
    sys.exit(main())
