"""`sounddream train wavenet`, and the recipes that train a WaveNet on a corpus of their own."""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Callable
from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    NOT_NEGATIVE,
    POSITIVE,
    SEED,
    WHOLE,
    FiniteRange,
    check_outputs,
    decorated,
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
from keras_sounddream.cli.options.sounds import list_sounds, sound_options
from keras_sounddream.cli.options.strategy import begin, is_done, strategy_option
from keras_sounddream.cli.options.wavenet import read_object
from keras_sounddream.errors import InputError, visible

_CORPORA = {
    "fsdd": "Trains the WaveNet of spoken digits, on FSDD.",
    "music16k": "Trains the WaveNet of music in six genres.",
}
_FOLDER = "Folder of the training state, log.jsonl and TensorBoard's logs"


_DATA = {
    "--silence-db": (
        POSITIVE,
        "Cut off both ends where they are quieter than the rest by so many dB.  [default: not]",
    ),
    "--seconds": (POSITIVE, "Seconds to keep of each sound.  [default: all]"),
    "--piece-samples": (COUNT, "Samples predicted per piece.  [default: the cheapest length]"),
}
_STARTS = "Share of pieces that begin after silence, such as 0.1 for music."
_TRAINING = {
    "--optimizer": ("NAME", "Optimizer: adam, sgd or rmsprop.  [default: adam]"),
    "--learning-rate": (POSITIVE, "Learning rate.  [default: 0.001]"),
    "--momentum": (NOT_NEGATIVE, "Momentum of sgd and rmsprop.  [default: 0.9]"),
    "--warm-up": (WHOLE, "Steps from rate 0 to the full learning rate."),
    "--l2": (NOT_NEGATIVE, "Penalty on kernels.  [default: 0]"),
    "--clip-norm": (POSITIVE, "Largest norm of all gradients.  [default: 1]"),
    "--average": (
        POSITIVE,
        "Decay of a running mean of the weights, which is written, such as 0.999.  [default: none]",
    ),
    "--seed": (SEED, "Seed of weights and order.  [default: 0]"),
    "--precision": ("NAME", "Keras dtype policy.  [default: float32]"),
    "--checkpoint-steps": (COUNT, "Steps from one saved state to the next.  [default: 500]"),
    "--checkpoint-minutes": (POSITIVE, "Minutes after which a state is saved.  [default: 5]"),
    "--keep": (COUNT, "Number of saved states to keep.  [default: 3]"),
    "--sound-steps": (COUNT, "Steps from one sound for TensorBoard to the next.  [default: none]"),
}


def _data_options(command: Callable[..., Any]) -> Callable[..., Any]:
    data = click.option(
        "--data", required=True, metavar="FOLDER|CSV", help="Folder of sounds, or their table."
    )
    defaults = [
        click.option(name, type=kind, default=default, show_default=True, help=text)
        for name, kind, default, text in (
            ("--min-seconds", NOT_NEGATIVE, 0.0, "Length below which sounds are left out, s."),
            ("--batch-size", COUNT, 4, "Pieces per step."),
            ("--starts", FiniteRange(0, 1), 0.0, _STARTS),
        )
    ]
    return decorated(command, data, sound_options, table_options(_DATA), *defaults)


def _training_options(command: Callable[..., Any]) -> Callable[..., Any]:
    steps = click.option("--steps", type=COUNT, required=True, help="Training steps.")
    decay = click.option("--no-decay", is_flag=True, help="Keep the learning rate to the end.")
    return decorated(command, steps, table_options(_TRAINING), decay)


@click.command("wavenet")
@_data_options
@click.option(
    "--network",
    metavar="JSON",
    help="File of arguments of WaveNet, such as dilations and channels.",
)
@click.option(
    "--sample-rate",
    type=click.IntRange(8000, 96000),
    help="Sample rate of the network, Hz.  [default: 16000]",
)
@_training_options
@folder_option("training", _FOLDER)
@model_output_option
@strategy_option
@force_option()
def wavenet(
    network: str | None,
    sample_rate: int | None,
    folder: str,
    output: str,
    strategy_name: str | None,
    force: bool,
    **arguments: Any,
) -> None:
    """Trains a WaveNet on sounds.

    Labels are its conditions. A killed run is resumed bit for bit: give the same command.
    """
    check_outputs(output, overwrite=force)
    check_model_output(output)
    options = {**given(arguments), "decay": not arguments["no_decay"]}
    architecture = read_object(network) if network else {}
    if sample_rate is not None:
        architecture["sample_rate"] = sample_rate
    listed = list_sounds(
        options["data"], options["tags"], options.get("genres"), list(options.get("conditions", ()))
    )
    with quietly():
        from keras_sounddream.training import wavenet as wavenet_training

    settings = wavenet_training.Settings(
        **{
            name: value
            for name, value in options.items()
            if hasattr(wavenet_training.Settings, name)
        },
        steps=options["steps"],
    )
    strategy = begin(strategy_name)
    model = _train(settings, architecture, folder, options, listed, strategy)
    if is_done(strategy):
        return
    write_model(model, output, force)
    click.echo(f"{output}: {model.count_params():,} weights, {settings.steps} steps")


def corpus_command(name: str, about: str) -> click.Command:
    """The command of a recipe with a corpus of its own, a module in `training.recipes`."""

    @click.command(name, help=about)
    @click.option("--data", required=True, metavar="FOLDER", help="Folder of the corpus.")
    @click.option(
        "--steps",
        type=click.IntRange(301),
        help="Training steps.  [default: those of the shipped weights]",
    )
    @click.option(
        "--weights",
        metavar="KEY|FILE",
        help="Weights to go on from, such as those that ship.  [default: random ones]",
    )
    @seed_option("Seed of weights and order.")
    @folder_option("training", _FOLDER)
    @model_output_option
    @strategy_option
    @force_option()
    def command(data, steps, weights, seed, folder, output, strategy_name, force):
        check_outputs(output, overwrite=force)
        check_model_output(output)
        if weights is not None:
            early.check_model("wavenet", weights)
        if not pathlib.Path(data).is_dir():
            raise InputError(f"Expected the folder of a corpus, but there is no folder {data}.")
        with quietly():
            recipe = importlib.import_module(f"keras_sounddream.training.recipes.{name}")
        strategy = begin(strategy_name)
        model = recipe.train(data, folder, steps or recipe.STEPS, seed, strategy, weights)
        if is_done(strategy):
            return
        write_model(model, output, force)
        click.echo(f"{output}: {model.count_params():,} weights, {steps or recipe.STEPS} steps")

    return command


def _train(settings, architecture, folder, options, listed, strategy):
    from keras_sounddream.applications import WaveNet
    from keras_sounddream.datasets.corpus_cache import store_sounds
    from keras_sounddream.training import wavenet as wavenet_training
    from keras_sounddream.training.wavenet.segments import Segments, cheapest_segment_length

    cut = {name: options[name] for name in ("silence_db", "seconds") if name in options}

    def build():
        return _build(WaveNet, {**architecture, "conditions": conditions})

    rate = architecture.get("sample_rate", 16000)
    sounds = store_sounds(listed, folder, rate, min_seconds=options["min_seconds"], **cut)
    conditions = sounds.conditions
    plan = build().plan
    piece = options.get("piece_samples") or cheapest_segment_length(sounds, plan)
    shape = piece, options["batch_size"], settings.seed
    pieces = Segments(sounds, plan, *shape, starts=options["starts"])
    for name, reason in sounds.dropped:
        click.echo(f"left out: {visible(name)}: {visible(reason)}", err=True)
    return wavenet_training.train(build, pieces, folder, settings, strategy=strategy)


def _build(constructor, arguments):
    try:
        return constructor(**arguments)
    except TypeError as error:
        raise InputError(f"--network: {str(error).removeprefix('WaveNet() ')}.") from None


def find(name: str) -> click.Command:
    """The command of `sounddream train` with a name: `wavenet`, `fsdd` or `music16k`."""
    return wavenet if name == "wavenet" else corpus_command(name, _CORPORA[name])
