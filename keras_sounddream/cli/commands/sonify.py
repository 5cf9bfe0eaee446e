"""`sounddream sonify`: the activations of a network on a sound or a picture, made audible."""

from __future__ import annotations

import pathlib
from typing import Any

import click

from keras_sounddream.cli.options.common import (
    force_option,
    given,
    load_any,
    model_options,
    quietly,
    seed_option,
    table_options,
)
from keras_sounddream.errors import InputError

_METHODS = {
    "--seconds": (float, "Method parameter_map, pictures: length of the sound, s.  [default: 5]"),
    "--voices": (int, "Method parameter_map: largest number of voices.  [default: 16]"),
    "--lowest-hz": (float, "Method parameter_map: lowest frequency, Hz.  [default: 110]"),
    "--octaves": (float, "Method parameter_map: range of the voices.  [default: 4]"),
    "--steps": (int, "Method invert: gradient steps.  [default: 100]"),
}
_SETTINGS = ("seconds", "voices", "lowest_hz", "octaves", "steps")


@click.command()
@click.argument("input_path", metavar="IN")
@click.option(
    "-o", "--output", metavar="DIR", help="Folder to make.  [default: IN's name with _sonified]"
)
@model_options
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="NAME",
    help="Layer, or bank1 … bank4 of SqueezeNet; can be repeated.  "
    "[default: a convolution two thirds of the way to the output, or SqueezeNet's four banks]",
)
@click.option(
    "--method",
    metavar="NAME",
    default="ifft",
    show_default=True,
    help="From activations to sound: ifft or parameter_map; for sounds also mask or invert.",
)
@click.option(
    "--combine",
    "combines",
    multiple=True,
    metavar="NAME",
    help="How a layer's filters are combined: sum, concat or separate; can be repeated.  "
    "[default: sum]",
)
@click.option(
    "--mix",
    metavar="NAME",
    default="sum",
    show_default=True,
    help="How several layers are combined: sum or product.",
)
@click.option(
    "--image-size",
    type=int,
    default=256,
    show_default=True,
    help="Pictures only: short edge that they are resized to, pixels; 0 for no change.",
)
@click.option(
    "--sample-rate",
    type=int,
    help="Sample rate of the sounds, Hz.  [default: 11025 for ifft, else the model's]",
)
@click.option(
    "--level",
    "level_db",
    type=float,
    metavar="DB",
    help="Level that sounds are brought to, dB.  [default: no change]",
)
@click.option(
    "--bits",
    type=click.Choice(["16", "24", "32"]),
    default="24",
    show_default=True,
    help="Bits per sample of the sounds; 32 for floating point.",
)
@click.option(
    "--random-weights", is_flag=True, help="Make the same with weights in random order, too."
)
@seed_option("Seed of random weights and of the method invert.")
@click.option("--legacy", is_flag=True, help="Method ifft: keep the quirks of netsounds.")
@click.option(
    "--preprocessing",
    metavar="NAME",
    help="Pixels that the network takes: tf, torch, caffe, unit or none.  [pictures only; "
    "default: those of a named network, or tf]",
)
@click.option("--no-activations", is_flag=True, help="Do not write the activations as .npz files.")
@table_options(_METHODS)
@force_option("Replace a folder that exists.")
def command(
    input_path: str,
    output: str | None,
    model_name: str,
    weights: str | None,
    layers: tuple[str, ...],
    combines: tuple[str, ...],
    bits: str,
    no_activations: bool,
    force: bool,
    **request: Any,
) -> None:
    """Makes the activations of a network's layers on a sound or a picture audible.

    DIR gets one sound per layer, their mix, plots, the activations as .npz and as pictures, and
    index.html to listen and look.
    """
    output = output or f"{pathlib.Path(input_path).stem}_sonified"
    if request["legacy"] and request["method"] != "ifft":
        raise InputError(f"--legacy is for ifft alone. Received: --method {request['method']}")
    model, names, preprocessing = _open_model(model_name, weights, request["legacy"])
    request["preprocessing"] = request["preprocessing"] or preprocessing
    with quietly():
        from keras_sounddream.workflows.sonify.workflow import sonify_file
    settings = given({name: request.pop(name) for name in _SETTINGS})
    by_name = {bank: layer for layer, bank in names.items()}
    known = [by_name.get(name.removeprefix("bank"), name) for name in layers] or list(names)
    known = known or [_middle_layer(model)]
    sounds = sonify_file(
        input_path,
        output,
        model,
        known,
        names=names,
        overwrite=force,
        combines=combines or ("sum",),
        bits=int(bits),
        save_activations=not no_activations,
        settings=settings,
        **request,
    )
    count = sum(len(sound.files) for sound in sounds)
    counts = f"{_counted(count, 'sound')} of {_counted(len(known), 'layer')}"
    click.echo(f"{pathlib.Path(output, 'index.html')}: {counts}")


def _counted(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _open_model(model_name, weights, legacy):
    """The model, names of layers in files (numbers of SqueezeNet's banks), and preprocessing."""
    if model_name not in ("squeezenet", "SqueezeNet"):
        model, required = load_any(model_name, weights)
        return model, {}, required.get("preprocessing")
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
