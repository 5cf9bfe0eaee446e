"""`sounddream train wavenet`."""

import importlib

import click

from keras_sounddream.cli.options.common import FiniteRange, check_outputs, decorated, quietly
from keras_sounddream.cli.options.model_output import check_model_output, write_model
from keras_sounddream.cli.options.strategy import begin, is_done, strategy_option
from keras_sounddream.cli.options.wavenet import read_object
from keras_sounddream.errors import InputError

_ABOVE_ZERO = FiniteRange(0, min_open=True)


def _data_options(command):
    return decorated(
        command,
        click.option(
            "--data", required=True, metavar="FOLDER|CSV", help="Sounds, or a table of them."
        ),
        click.option(
            "--condition",
            "conditions",
            multiple=True,
            metavar="NAME",
            help="What folders in it stand for, or a column of the table; can be repeated.",
        ),
        click.option("--tags", is_flag=True, help="Label by the tags in the files: genre, year."),
        click.option("--genres", metavar="CSV", help="With --tags: a table of one's own."),
        click.option("--silence-db", type=_ABOVE_ZERO, help="Cut off ends that much quieter."),
        click.option("--seconds", type=_ABOVE_ZERO, help="Keep so many of each sound."),
        click.option("--min-seconds", type=FiniteRange(0), default=0.0, help="Drop shorter ones."),
        click.option("--piece-samples", type=click.IntRange(1), help="Targets of a piece."),
        click.option("--batch-size", type=click.IntRange(1), default=4, show_default=True),
        click.option(
            "--starts",
            type=FiniteRange(0, 1),
            default=0.0,
            help="Share of pieces that begin out of silence, such as 0.1 for music.",
        ),
    )


def _training_options(command):
    return decorated(
        command,
        click.option("--steps", type=click.IntRange(1), required=True, help="Batches."),
        click.option("--optimizer", help="adam, sgd or rmsprop.  [default: adam]"),
        click.option("--learning-rate", type=_ABOVE_ZERO, help="[default: 0.001]"),
        click.option("--momentum", type=FiniteRange(0), help="[default: 0.9]"),
        click.option("--warm-up", type=click.IntRange(0), help="Steps to the full rate."),
        click.option("--no-decay", is_flag=True, help="Keep the rate to the end."),
        click.option("--l2", type=FiniteRange(0), help="Penalty on kernels.  [default: 0]"),
        click.option("--clip-norm", type=_ABOVE_ZERO, help="Of all gradients.  [default: 1]"),
        click.option("--average", type=_ABOVE_ZERO, help="Such as 0.999: keep the mean weights."),
        click.option("--seed", type=click.IntRange(0), help="Of weights and order.  [default: 0]"),
        click.option("--precision", help="A Keras dtype policy.  [default: float32]"),
        click.option(
            "--checkpoint-steps", type=click.IntRange(1), help="Between states.  [default: 500]"
        ),
        click.option(
            "--checkpoint-minutes", type=_ABOVE_ZERO, help="After which one is saved.  [default: 5]"
        ),
        click.option("--keep", type=click.IntRange(1), help="States that stay.  [default: 3]"),
        click.option(
            "--sound-steps",
            type=click.IntRange(1),
            help="From one sound for TensorBoard to the next.  [default: none]",
        ),
    )


@click.command("wavenet")
@_data_options
@click.option(
    "--network",
    metavar="JSON",
    help="A file of arguments of WaveNet, such as dilations and channels.",
)
@click.option("--sample-rate", type=click.IntRange(8000, 96000), help="Hz.  [default: 16000]")
@_training_options
@click.option(
    "--folder",
    default="training",
    show_default=True,
    help="State, log.jsonl, TensorBoard's logs; an interrupted run goes on from here.",
)
@click.option("-o", "--output", required=True, metavar="FILE", help="A .keras file, or .npz.")
@strategy_option
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def wavenet(network, sample_rate, folder, output, strategy_name, force, **given):
    """Trains a WaveNet on sounds.

    Labels are its conditions. A killed run goes on where it was, to the bit: give the same command.
    """
    check_outputs(output, overwrite=force)
    check_model_output(output)
    given["decay"] = not given.pop("no_decay")
    options = {name: value for name, value in given.items() if value is not None}
    arguments = read_object(network) if network else {}
    if sample_rate is not None:
        arguments["sample_rate"] = sample_rate
    with quietly():
        from keras_sounddream.training import wavenet as recipe

    settings = recipe.Settings(
        **{name: value for name, value in options.items() if hasattr(recipe.Settings, name)},
        steps=options["steps"],
    )
    strategy = begin(strategy_name)
    model = _train(recipe, settings, arguments, folder, options, strategy)
    if is_done(strategy):
        return
    write_model(model, output, force)
    click.echo(f"{output}: {model.count_params():,} weights, {settings.steps} steps")


def corpus_command(name, about):
    """Makes the command of a recipe that has a corpus of its own.

    Args:
        name: str, of the command and of its module in `training`.
        about: str, what `--help` says.

    Returns:
        `click.Command`.
    """

    @click.command(name, help=about)
    @click.option("--data", required=True, metavar="FOLDER", help="The corpus.")
    @click.option("--steps", type=click.IntRange(301), help="[default: as what ships]")
    @click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
    @click.option("--folder", default="training", show_default=True, help="As of train wavenet.")
    @click.option("-o", "--output", required=True, metavar="FILE", help="A .keras file, or .npz.")
    @strategy_option
    @click.option("--force", is_flag=True, help="Replace the file if it exists.")
    def command(data, steps, seed, folder, output, strategy_name, force):
        check_outputs(output, overwrite=force)
        check_model_output(output)
        with quietly():
            recipe = importlib.import_module(f"keras_sounddream.training.{name}")
        strategy = begin(strategy_name)
        model = recipe.train(data, folder, steps or recipe.STEPS, seed, strategy)
        if is_done(strategy):
            return
        write_model(model, output, force)
        click.echo(f"{output}: {model.count_params():,} weights, {steps or recipe.STEPS} steps")

    return command


def _train(recipe, settings, arguments, folder, options, strategy):
    from keras_sounddream.applications import WaveNet
    from keras_sounddream.cli.options.sounds import list_sounds
    from keras_sounddream.datasets.corpus_cache import store_sounds
    from keras_sounddream.training.wavenet.segments import Segments, cheapest_segment_length

    listed = list_sounds(
        options["data"], options["tags"], options.get("genres"), list(options["conditions"])
    )
    cut = {name: options[name] for name in ("silence_db", "seconds") if name in options}

    def build():
        return _build(WaveNet, {**arguments, "conditions": conditions})

    rate = arguments.get("sample_rate", 16000)
    sounds = store_sounds(listed, folder, rate, min_seconds=options["min_seconds"], **cut)
    conditions = sounds.conditions
    plan = build().plan
    piece = options.get("piece_samples") or cheapest_segment_length(sounds, plan)
    shape = piece, options["batch_size"], settings.seed
    pieces = Segments(sounds, plan, *shape, starts=options["starts"])
    for name, reason in sounds.dropped:
        click.echo(f"left out: {name}: {reason}", err=True)
    return recipe.train(build, pieces, folder, settings, strategy=strategy)


def _build(constructor, arguments):
    try:
        return constructor(**arguments)
    except TypeError as error:
        raise InputError(f"--network: {str(error).removeprefix('WaveNet() ')}.") from None
