"""`sounddream dream`: changes a sound until a network answers louder."""

import click

from keras_sounddream.cli._options import (
    check_outputs,
    load_model,
    model_options,
    quietly,
    write_json,
)


@click.command()
@click.argument("input_path", metavar="IN")
@click.option("-o", "--output", required=True, metavar="OUT.wav", help="The dreamed sound.")
@model_options
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="NAME[:CHANNEL]",
    help="Layer, or channel of a layer, to dream on; can be repeated.  [default: a middle one]",
)
@click.option("--octaves", type=click.IntRange(1), help="Grids, from broad to fine.  [default: 4]")
@click.option("--steps", type=click.IntRange(1), help="Of ascent in each octave.  [default: 10]")
@click.option(
    "--step-size",
    type=click.FloatRange(0, min_open=True),
    help="Most change a step, in dB.  [default: 4]",
)
@click.option("--seed", type=int, help="Of the random shifts.  [default: 0]")
@click.option("--plot", metavar="PNG", help="Draw spectrograms and ascent.")
@click.option("--json", "json_path", metavar="FILE", help="Write the figures as JSON.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def command(input_path, output, model_name, weights, layers, plot, json_path, force, **settings):
    """Dreams a sound.

    The layers named by --layer answer louder to what is written to OUT.wav.
    """
    check_outputs(output, plot, json_path, overwrite=force)
    model, _ = load_model(model_name, weights)
    with quietly():
        from keras_sounddream.deepdream.session import dream_file
    settings = {name: value for name, value in settings.items() if value is not None}
    result = dream_file(
        input_path,
        output,
        model,
        layers,
        plot=plot,
        overwrite=force,
        **settings,
    )
    if json_path:
        write_json(json_path, result.figures(), force)
    figures = result.figures()
    gain = figures["real_gain"]
    click.echo(
        f"{output}: the objective, {result.name}, is "
        + ("no longer 0" if gain is None else f"{gain:.2f} times as high")
        + f", {figures['seconds']:.1f} s"
    )
