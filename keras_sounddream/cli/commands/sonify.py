"""`sounddream sonify`: what a network makes of a sound or a picture, made audible."""

import pathlib

import click

from keras_sounddream.cli.options.common import load_any, model_options, quietly
from keras_sounddream.errors import InputError

_SETTINGS = ("seconds", "voices", "lowest_hz", "octaves", "steps")


@click.command()
@click.argument("input_path", metavar="IN")
@click.option(
    "-o", "--output", metavar="DIR", help="Folder to make.  [default: IN's name, _sonified]"
)
@model_options
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="NAME",
    help="Layer, or bank1 … bank4 of SqueezeNet; can be repeated.  "
    "[default: a middle one; of SqueezeNet the four banks]",
)
@click.option(
    "--method",
    metavar="NAME",
    default="ifft",
    show_default=True,
    help="ifft, or of sounds mask or invert, or parameter_map.",
)
@click.option(
    "--combine",
    "combines",
    multiple=True,
    metavar="NAME",
    help="Filters of a layer: sum, concat or separate; can be repeated.  [default: sum]",
)
@click.option("--mix", metavar="NAME", default="sum", help="Several layers: sum or product.")
@click.option(
    "--image-size",
    type=int,
    default=256,
    show_default=True,
    help="Of pictures: pixels of the short edge; 0 for as it is.",
)
@click.option("--sample-rate", type=int, help="Hz.  [default: 11025 of ifft, or the model's]")
@click.option("--level", "level_db", type=float, metavar="DB", help="Bring sounds to a level.")
@click.option("--bits", type=click.Choice(["16", "24", "32"]), default="24", show_default=True)
@click.option("--random-weights", is_flag=True, help="Also with weights in random order.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of these, and of invert."
)
@click.option("--legacy", is_flag=True, help="Keep the quirks of netsounds.")
@click.option("--preprocessing", metavar="NAME", help="Of pictures: tf, torch, caffe, unit, none.")
@click.option("--no-activations", is_flag=True, help="Write no .npz files.")
@click.option("--seconds", type=float, help="Of parameter_map of a picture.  [default: 5]")
@click.option("--voices", type=int, help="Of parameter_map, at most.  [default: 16]")
@click.option("--lowest-hz", type=float, help="Of parameter_map.  [default: 110]")
@click.option("--octaves", type=float, help="Of parameter_map.  [default: 4]")
@click.option("--steps", type=int, help="Of invert.  [default: 100]")
@click.option("--force", is_flag=True, help="Replace a folder that exists.")
def command(
    input_path,
    output,
    model_name,
    weights,
    layers,
    combines,
    bits,
    no_activations,
    force,
    **request,
):
    """Makes audible what layers of a network answer to a sound or a picture.

    DIR gets a sound a layer, their mix, plots, the activations as .npz and as pictures, and
    index.html to listen and look.
    """
    output = output or f"{pathlib.Path(input_path).stem}_sonified"
    if request["legacy"] and request["method"] != "ifft":
        raise InputError(f"--legacy is of ifft. Received: --method {request['method']}")
    model, names, preprocessing = _open_model(model_name, weights, request["legacy"])
    request["preprocessing"] = request["preprocessing"] or preprocessing
    with quietly():
        from keras_sounddream.workflows.sonify.workflow import sonify_file
    given = {key: request.pop(key) for key in _SETTINGS}
    by_name = {bank: layer for layer, bank in names.items()}
    layers = [by_name.get(name.removeprefix("bank"), name) for name in layers] or list(names)
    layers = layers or [_middle_layer(model)]
    made = sonify_file(
        input_path,
        output,
        model,
        layers,
        names=names,
        overwrite=force,
        combines=combines or ("sum",),
        bits=int(bits),
        save_activations=not no_activations,
        settings={key: value for key, value in given.items() if value is not None},
        **request,
    )
    count = sum(len(sound.files) for sound in made)
    what = f"{_counted(count, 'sound')} of {_counted(len(layers), 'layer')}"
    click.echo(f"{pathlib.Path(output, 'index.html')}: {what}")


def _counted(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _open_model(model_name, weights, legacy):
    """The model, what files call its layers, SqueezeNet's banks by numbers, and what it takes."""
    if model_name not in ("squeezenet", "SqueezeNet"):
        model, needed = load_any(model_name, weights)
        return model, {}, needed.get("preprocessing")
    with quietly():
        from keras_sounddream.applications import SqueezeNet, squeezenet

        settings = {"weights": weights} if weights else {}
        model = SqueezeNet(**settings, preprocessing="unit" if legacy else "torch")
    banks = squeezenet.BANKS["1.0"]
    return model, {layer: bank.removeprefix("bank") for bank, layer in banks.items()}, None


def _middle_layer(model):
    from keras_sounddream.deepdream.network.checks import check_network
    from keras_sounddream.workflows.objective_from_files import middle_layer

    check_network(model)
    return middle_layer(model)
