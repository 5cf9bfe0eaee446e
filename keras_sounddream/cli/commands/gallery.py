"""`sounddream gallery`: a dream for each layer of a network."""

from __future__ import annotations

import pathlib
from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    counted,
    force_option,
    given,
    load_any,
    model_options,
    quietly,
)
from keras_sounddream.cli.options.dream import (
    dream_options,
    guidance_option,
    guide_option,
    layer_option,
)


@click.command()
@click.argument("input_path", metavar="IN")
@click.argument("folder", metavar="DIR")
@model_options
@layer_option("Layer, or channel of a layer; can be repeated.  [default: all convolutions]")
@guide_option
@guidance_option
@dream_options
@force_option("Make dreams again, and replace files, that exist.")
def command(
    input_path: str,
    folder: str,
    model_name: str,
    weights: str | None,
    layers: tuple[str, ...],
    force: bool,
    **settings: Any,
) -> None:
    """Dreams a sound, or a picture, once for each layer.

    DIR gets a sound and its spectrogram per layer, or a picture, and index.html to listen and look.
    Dreams that exist are not made again: the work can be interrupted and resumed.
    """
    known = early.check_any(model_name, weights)
    early.check_dream(known, {"layers": layers, **settings})
    early.check_folder(folder)
    early.check_inputs(known, [input_path], "dream on", long=False)
    early.check_inputs(known, settings["guides"], "dream on")
    model, required = load_any(model_name, weights)
    with quietly():
        from keras_sounddream.workflows.layer_gallery import dream_layers
    settings = {**required, **given(settings)}
    done = dream_layers(input_path, folder, model, layers, overwrite=force, **settings)
    gains = {text: figures["gain"] or 0.0 for text, figures in done.items()}
    best = max(gains, key=lambda text: gains[text])
    page = pathlib.Path(folder, "index.html")
    furthest = f"{best} went furthest, {gains[best]:.2f} times" if gains[best] else "none moved"
    click.echo(f"{page}: {counted(len(done), 'dream')}; {furthest}")
