"""`sounddream web`: a page on which visitors dream their own sounds, in their browsers."""

from __future__ import annotations

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    counted,
    force_option,
    load_model,
    model_options,
    quietly,
)
from keras_sounddream.cli.options.dream import layer_option
from keras_sounddream.web.filters import SHIPPED, find_filters


@click.command()
@click.option("-o", "--output", required=True, metavar="DIR", help="The folder to write.")
@model_options
@layer_option(
    "Layer, or channel of a layer, to offer; can be repeated.  [default: up to eight convolutions, "
    "and the classes if there are at most 20]"
)
@click.option(
    "--class",
    "classes",
    multiple=True,
    metavar="LABEL|NUMBER",
    help="Class to offer; can be repeated.",
)
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="KEY|FILE",
    help="Dream filter to offer, a key or .npz; can be repeated.  [default: those that ship]",
)
@force_option("Replace a page that exists.")
def command(
    output: str,
    model_name: str,
    weights: str | None,
    layers: tuple[str, ...],
    classes: tuple[str, ...],
    filters: tuple[str, ...],
    force: bool,
) -> None:
    """Writes a page that classifies and dreams sounds in a visitor's browser.

    DIR is served by any server of files; of a browser's own rule, the microphone needs https or
    localhost. Try it: python -m http.server --directory DIR. ONNX Runtime's files for browsers are
    fetched once, 33 MB, into Keras's cache folder.
    """
    known = early.check_sound_model(model_name, weights, "A page")
    early.check_layers(known, layers)
    for label in classes:
        early.check_dream(known, {"label": label})
    find_filters(filters)
    early.check_folder(output)
    model, _ = load_model(model_name, weights)
    with quietly():
        from keras_sounddream.web.site import write_page

        files = write_page(
            output, model, layers, classes, filters=filters or SHIPPED, overwrite=force
        )
    size = sum(files.values()) / 1e6
    click.echo(f"{output}: {counted(len(files), 'file')}, {size:.1f} MB")
    click.echo(f"Try it: python -m http.server --directory {output}")
