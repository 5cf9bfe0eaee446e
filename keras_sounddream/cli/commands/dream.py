"""`sounddream dream`: changes a sound or a picture until a network answers louder."""

import click

from keras_sounddream.cli.options.common import (
    check_outputs,
    dream_options,
    load_any,
    model_options,
    quietly,
    write_json,
)
from keras_sounddream.errors import InputError


@click.command()
@click.argument("input_path", metavar="IN")
@click.option("-o", "--output", required=True, metavar="OUT", help="The dreamed sound or picture.")
@model_options
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="NAME[:CHANNEL]",
    help="Layer, or channel of a layer, to dream on; can be repeated.  [default: a middle one]",
)
@click.option("--class", "label", metavar="LABEL", help="Class to dream of.")
@click.option(
    "--guide",
    "guides",
    multiple=True,
    metavar="FILE",
    help="Sound or picture whose features in the layers the dream takes up; can be repeated.",
)
@dream_options
@click.option("--plot", metavar="PNG", help="Draw spectrograms and ascent.")
@click.option("--report", metavar="HTML", help="Write a page to listen to and look at.")
@click.option("--animation", metavar="GIF|MP4", help="Write a moving picture of the ascent.")
@click.option("--json", "json_path", metavar="FILE", help="Write the figures as JSON.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def command(
    input_path, output, model_name, weights, plot, report, animation, json_path, force, **settings
):
    """Dreams a sound, or a picture.

    The layers named by --layer answer louder to what is written to OUT. Pictures are dreamed with
    --model squeezenet, inception_v3, mobilenet, vgg16 or vgg19 and their --weights (a file, or
    imagenet, which Keras downloads for all but the first), or with a .keras file that takes
    pictures.
    """
    check_outputs(output, plot, report, animation, json_path, overwrite=force)
    read = {str(path) for path in (input_path, weights, *settings["guides"])}
    for path in (plot, report, animation, json_path):
        if path in read:
            raise InputError(f"{path} is read: give another name to write to.")
    settings = {name: value for name, value in settings.items() if value is not None}
    model, needed = load_any(model_name, weights)
    with quietly():
        from keras_sounddream.workflows.dream import dream_file
    result = dream_file(
        input_path,
        output,
        model,
        plot=plot,
        report=report,
        animation=animation,
        overwrite=force,
        **{**needed, **settings},
    )
    if json_path:
        write_json(json_path, result.figures(), force)
    figures = result.figures()
    gain = figures["gain"]
    click.echo(
        f"{output}: the objective, {result.name}, "
        + ("is no longer 0" if gain is None else _rise(figures, gain))
        + f", {figures['seconds']:.1f} s"
    )


def _rise(figures, gain):
    if figures["objective_before"] > 0:
        return f"is {gain:.2f} times as high"
    return f"went from {figures['objective_before']:.3g} to {figures['objective_real']:.3g}"
