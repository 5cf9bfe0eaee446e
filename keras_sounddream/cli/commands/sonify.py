"""`sounddream sonify`: the activations of a network on a sound or a picture, made audible."""

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
    seed_option,
    table_options,
)
from keras_sounddream.cli.options.each_file import each_file
from keras_sounddream.errors import InputError
from keras_sounddream.sonification.choices import check_choices

_METHODS = {
    "--least-seconds": (
        float,
        "Method ifft: shorter sounds are lengthened to this, s, by repeating each frame; 0 for "
        "each frame once.  [default: 0.5; with --legacy 0]",
    ),
    "--seconds": (float, "Method parameter_map, pictures: length of the sound, s.  [default: 5]"),
    "--voices": (int, "Method parameter_map: largest number of voices.  [default: 16]"),
    "--lowest-hz": (float, "Method parameter_map: lowest frequency, Hz.  [default: 110]"),
    "--octaves": (float, "Method parameter_map: range of the voices.  [default: 4]"),
    "--steps": (int, "Method invert: gradient steps.  [default: 100]"),
}
_SETTINGS = ("least_seconds", "seconds", "voices", "lowest_hz", "octaves", "steps")


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
) -> int:
    """Makes the activations of a network's layers on a sound or a picture audible.

    DIR gets one sound per layer, their mix, plots, the activations as .npz and as pictures, and
    index.html to listen and look.

    IN may also be activations in .npz or .npy, such as this command and `sounddream features`
    write, which need no network; or a folder: DIR gets a folder for each sound, picture and file
    of activations in it. What cannot be sonified is named, and the exit code is 2.
    """
    path = pathlib.Path(input_path)
    output = output or f"{(path.resolve() if path.is_dir() else path).stem}_sonified"
    if request["legacy"] and request["method"] != "ifft":
        raise InputError(f"--legacy is for ifft alone. Received: --method {request['method']}")
    if not path.exists():
        raise InputError(f"Expected a sound or a picture, but there is no {path}. Check the path.")
    if pathlib.Path(output).is_dir() and not force:
        raise InputError(f"{output} exists. Choose another name, or replace it with --force.")
    shared: dict[str, Any] = {
        "overwrite": force,
        "combines": combines or ("sum",),
        "bits": int(bits),
        "save_activations": not no_activations,
        "settings": given({name: request.pop(name) for name in _SETTINGS}),
    }
    from keras_sounddream.workflows.sonify.overview import kind_of, list_inputs

    names = ("method", "mix", "sample_rate", "level_db")
    chosen = {name: request[name] for name in names}
    check_choices(combines=shared["combines"], settings=shared["settings"], **chosen)
    files = list_inputs(path) if path.is_dir() else [path]
    kinds = {kind_of(file) for file in files}
    network = None
    if kinds != {"activations"}:
        known = early.check_any(model_name, weights)
        early.check_inputs(known, [] if path.is_dir() else [input_path], "sonify")
        network = _Network(model_name, weights, layers, request["legacy"], request["preprocessing"])
        files = network.choose(files) if path.is_dir() else files
    if not path.is_dir():
        click.echo(_sonify(path, output, network, request, shared))
        return 0
    return _sonify_folder(path, files, output, network, request, shared)


def _sonify_folder(path, files, output, network, request, shared):
    """Sonifies each file into a folder of its own, with a page of links; returns the exit code."""
    from keras_sounddream.files import keep_folder
    from keras_sounddream.workflows.sonify.overview import folder_names, write_overview

    folder, done = keep_folder(output), []
    names = {str(file): name for file, name in folder_names(files).items()}

    def work(file):
        text = _sonify(pathlib.Path(file), folder / names[file], network, request, shared)
        done.append(names[file])
        write_overview(folder, f"Sounds of {path.resolve().name}", done)
        return text

    return each_file(list(names), work)


def _sonify(path, output, network, request, shared):
    """Sonifies one file; returns the line to print."""
    from keras_sounddream.workflows.sonify.overview import kind_of

    if kind_of(path) == "activations":
        with quietly():
            from keras_sounddream.workflows.sonify.stored import sonify_stored

        sounds = sonify_stored(path, output, **shared, **_for_stored(request))
        return f"{pathlib.Path(output, 'index.html')}: {counted(_files(sounds), 'sound')}"
    from keras_sounddream.workflows.sonify.workflow import sonify_file

    own = {**request, "preprocessing": network.preprocessing}
    sounds = sonify_file(
        path, output, network.model, network.layers, names=network.names, **shared, **own
    )
    counts = f"{counted(_files(sounds), 'sound')} of {counted(len(network.layers), 'layer')}"
    return f"{pathlib.Path(output, 'index.html')}: {counts}"


def _for_stored(request):
    """The settings of stored activations; those that need a network are refused or mean nothing."""
    if request["random_weights"]:
        raise InputError("--random-weights needs the network, and activations are made already.")
    return {name: request[name] for name in request if name not in ("random_weights", "image_size")}


def _files(sounds):
    return sum(len(sound.files) for sound in sounds)


class _Network:
    """The network of the command line: model, layers, their names in files, and preprocessing."""

    def __init__(self, model_name, weights, layers, legacy, preprocessing):
        self.model, self.names, own = _open_model(model_name, weights, legacy)
        self.preprocessing = preprocessing or own
        by_name = {bank: layer for layer, bank in self.names.items()}
        known = [by_name.get(name.removeprefix("bank"), name) for name in layers]
        self.layers = known or list(self.names) or [_middle_layer(self.model)]

    def choose(self, files):
        """Files of the kind that the model takes, and activations."""
        from keras_sounddream.workflows.media import files_of
        from keras_sounddream.workflows.sonify.overview import kind_of

        kind = files_of(self.model).kind
        chosen = [file for file in files if kind_of(file) in (kind, "activations")]
        if not chosen:
            raise InputError(f"{self.model.name} takes {kind}s. There are none in the folder.")
        return chosen


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
