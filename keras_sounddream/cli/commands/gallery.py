"""`sounddream gallery`: a dream for each layer of a network."""

import pathlib

import click

from keras_sounddream.cli.options.common import dream_options, load_any, model_options, quietly


@click.command()
@click.argument("input_path", metavar="IN")
@click.argument("folder", metavar="DIR")
@model_options
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="NAME[:CHANNEL]",
    help="Layer, or channel of a layer; can be repeated.  [default: all convolutions]",
)
@dream_options
@click.option("--force", is_flag=True, help="Make dreams again, and replace files, that exist.")
def command(input_path, folder, model_name, weights, layers, force, **settings):
    """Dreams a sound, or a picture, once for each layer.

    DIR gets a sound and its spectrogram a layer, or a picture, and index.html to listen and look.
    Dreams that are there already are not made again: the work can be interrupted and taken up.
    """
    model, needed = load_any(model_name, weights)
    with quietly():
        from keras_sounddream.workflows.layer_gallery import dream_layers
    given = {name: value for name, value in settings.items() if value is not None}
    settings = {**needed, **given}
    done = dream_layers(input_path, folder, model, layers, overwrite=force, **settings)
    gains = {text: figures["gain"] or 0.0 for text, figures in done.items()}
    best = max(gains, key=gains.get)
    page = pathlib.Path(folder, "index.html")
    click.echo(f"{page}: {len(done)} dreams; {best} went furthest, {gains[best]:.2f} times")
