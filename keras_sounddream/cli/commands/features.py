"""`sounddream features`: activations of several layers for sound files, in one archive."""

from __future__ import annotations

import pathlib

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    POSITIVE,
    counted,
    force_option,
    load_model,
    model_options,
    quietly,
)
from keras_sounddream.cli.options.each_file import FAILED, each_file, none_readable
from keras_sounddream.errors import InputError

# The same as training.transfer.activations.POOLINGS, which needs Keras.
_POOLINGS = ("mean", "max", "mean+std", "mean+max", "mean+max+place", "windows", "none")


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="IN…")
@model_options
@click.option(
    "--layer",
    "layers",
    multiple=True,
    required=True,
    metavar="NAME[,NAME…]",
    help="Layer whose activations are written; can be repeated.",
)
@click.option(
    "--pooling",
    type=click.Choice(_POOLINGS),
    default="mean",
    show_default=True,
    help="Pooling over time; none for all time steps.",
)
@click.option("--keep-bands", is_flag=True, help="Keep the frequency rows of a layer apart.")
@click.option(
    "--seconds", type=POSITIVE, help="Length that sounds are cut or repeated to, s.  [default: own]"
)
@click.option("-o", "--output", required=True, metavar="OUT.npz", help="The archive to write.")
@force_option()
def command(
    inputs: tuple[str, ...],
    model_name: str,
    weights: str | None,
    layers: tuple[str, ...],
    pooling: str,
    keep_bands: bool,
    seconds: float | None,
    output: str,
    force: bool,
) -> int:
    """Writes the activations of layers for sounds, or for all sounds of a folder.

    OUT.npz holds the names of the files, and for each layer an array with a row per file; with
    --pooling windows or none, an array LAYER/NUMBER per file. A file that cannot be read is named
    on standard error and left out, and the exit code is 2.
    """
    from keras_sounddream.training.transfer import feature_files

    feature_files.check_feature_file(output, force)
    names = list(dict.fromkeys(name for text in layers for name in text.split(",") if name))
    if not names or feature_files.FILES in names:
        raise InputError(f"Expected names of layers. Received: {', '.join(layers)!r}")
    paths = [path for given in inputs for path in _sounds(given)]
    known = early.check_model(model_name, weights)
    if none_readable(known, paths):
        return FAILED
    early.check_layers(known, names)
    model, family = load_model(model_name, weights)
    with quietly():
        from keras_sounddream.training.transfer import activations

    read = activations.reader(
        model, names, pooling, family=family, seconds=seconds, keep_bands=keep_bands
    )
    uneven = pooling in activations.UNEVEN
    with feature_files.open_feature_file(output, names, uneven, force) as features:

        def work(path):
            features.add(path, read(path, path))

        code = each_file(paths, work)
    counts = counted(len(names), "layer"), counted(len(features.names), "file")
    click.echo(f"{output}: {' of '.join(counts)}")
    return code


def _sounds(path):
    """The path of a file, or those of all sounds in a folder."""
    if not pathlib.Path(path).is_dir():
        return [path]
    from keras_sounddream.datasets.file_lists import find_sounds

    return [str(found) for found in find_sounds(path)]
