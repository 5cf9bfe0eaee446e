"""`sounddream train gan` and `train autoencoder`: generators of pictures and of spectrograms."""

from __future__ import annotations

import pathlib
from typing import Any

import click

from keras_sounddream.cli.options.common import (
    COUNT,
    POSITIVE,
    FiniteRange,
    check_outputs,
    force_option,
    given,
    quietly,
    seed_option,
    table_options,
)
from keras_sounddream.cli.options.model_output import (
    check_model_output,
    folder_option,
    model_output_option,
    write_model,
)
from keras_sounddream.cli.options.sounds import leave_out_option
from keras_sounddream.errors import InputError
from keras_sounddream.training.generators.settings import Settings

ABOUT = {
    "gan": "Trains a generator against a discriminator, on pictures or sounds.",
    "autoencoder": "Trains an autoencoder whose decoder is a generator.",
}
_OPTIONS = {
    "--family": ("NAME", "Networks: dcgan, 64 x 64 pixels; or gan256.  [default: dcgan]"),
    "--width": (POSITIVE, "Factor of all filters, such as 0.25.  [default: 1]"),
    "--latent-size": (COUNT, "Numbers of a latent.  [default: 100, or 256 of gan256]"),
    "--epochs": (COUNT, "Passes over the data.  [default: 500]"),
    "--batch-size": (COUNT, "Pictures per step.  [default: 32, or 64 of gan256]"),
    "--learning-rate": (POSITIVE, "Learning rate.  [default: 0.00015, or 0.0001 of gan256]"),
    "--average": (
        FiniteRange(0, 1, min_open=True, max_open=True),
        "Decay of the running mean of the weights, which is written.  [default: 0.995]",
    ),
    "--size": (COUNT, "Pictures only, dcgan: rows and columns, such as 128.  [default: 64]"),
    "--crops": (
        COUNT,
        "Pictures only: squares cut from each, at random but for the first.  [default: 1]",
    ),
    "--sample-epochs": (COUNT, "Epochs from one grid of samples to the next.  [default: 10]"),
    "--save-epochs": (COUNT, "Epochs from one saved state to the next.  [default: 1]"),
}


def find(kind: str) -> click.Command:
    """The command of `sounddream train` with a name: `gan` or `autoencoder`."""

    @click.command(kind, help=ABOUT[kind])
    @click.option(
        "--data", required=True, metavar="FOLDER", help="Folder of pictures, or of sounds."
    )
    @leave_out_option
    @table_options(_OPTIONS)
    @click.option("--flip", is_flag=True, help="Pictures only: mirror every second one, by chance.")
    @seed_option("Seed of weights and order.")
    @folder_option("training", "Folder of the training state, samples and TensorBoard's logs")
    @model_output_option
    @force_option()
    def command(
        data: str,
        folder: str,
        output: str,
        force: bool,
        leave_out: tuple[str, ...],
        **options: Any,
    ) -> None:
        check_outputs(output, overwrite=force)
        _check_output(kind, output)
        crops = options.pop("crops") or 1
        settings = Settings(kind=kind, **given(options))
        _check_data(data, leave_out, settings.flip)
        with quietly():
            from keras_sounddream.training import generators

        pictures, patches = generators.read_folder(
            data, settings.size, crops=crops, leave_out=leave_out
        )
        model = generators.train(pictures, folder, settings, patches)
        write_model(model, output, force)
        what = "pictures" if patches is None else "patches of sounds"
        click.echo(f"{output}: {model.count_params():,} weights, {len(pictures):,} {what}")

    return command


def _check_output(kind, output):
    check_model_output(output)
    if kind == "autoencoder" and not output.endswith(".keras"):
        raise InputError(f"An autoencoder is written as .keras, whole. Received: {output}")


def _check_data(data, leave_out, flip):
    """Checks that a folder is there, that files of it are left, and are pictures if they flip."""
    if not pathlib.Path(data).is_dir():
        raise InputError(f"Expected a folder of pictures or sounds. There is no folder {data}.")
    from keras_sounddream.datasets.file_lists import find_media

    _, kind = find_media(data, leave_out)
    if flip and kind == "sound":
        raise InputError("--flip mirrors pictures: a sound would be upside down. Leave it out.")
