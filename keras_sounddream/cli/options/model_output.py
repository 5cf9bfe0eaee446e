"""Files that trained models are written to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from keras_sounddream.cli.options.common import Command
from keras_sounddream.cli.options.early import check_folder
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside

if TYPE_CHECKING:
    import keras

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16", "auto")


def model_output_option(command: Command) -> Command:
    """Adds `--output`."""
    return click.option(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="The file to write: weights as .npz, or the whole model as .keras.",
    )(command)


def folder_option(default: str, text: str) -> Callable[[Command], Command]:
    """The option `--folder` of a run that can be resumed, with its help."""
    return click.option(
        "--folder",
        default=default,
        show_default=True,
        metavar="FOLDER",
        callback=_checked_folder,
        help=f"{text}; an interrupted run is resumed from here.",
    )


def _checked_folder(context, parameter, folder):
    check_folder(folder)
    return folder


def precision_option(command: Command) -> Command:
    """Adds `--precision`."""
    return click.option(
        "--precision",
        default="float32",
        show_default=True,
        type=click.Choice(PRECISIONS),
        help="Keras dtype policy; auto is mixed_bfloat16 where this processor is quicker with it.",
    )(command)


def check_model_output(output: str) -> None:
    """Checks that a file to write a model to is `.npz` or `.keras`."""
    if not output.endswith((".npz", ".keras")):
        raise InputError(f"Expected weights to write as .npz or a .keras model. Received: {output}")


def write_model(
    model: keras.Model, output: str, force: bool, labels: Sequence[str] | None = None
) -> None:
    """Writes a model, or its weights with `labels`; it keeps those of the file, to be measured."""
    from keras_sounddream.applications import weights as weight_files

    with written_beside(output, force) as temporary:
        if output.endswith(".keras"):
            model.save(temporary)
        else:
            weight_files.save(model, temporary, labels=labels)
            weight_files.load(model, temporary)
