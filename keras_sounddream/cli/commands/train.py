"""`sounddream train`: the training recipes of the zoo."""

from __future__ import annotations

import copy
from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import COUNT, check_outputs, force_option, given, quietly
from keras_sounddream.cli.options.model_output import (
    check_model_output,
    folder_option,
    model_output_option,
    precision_option,
    write_model,
)
from keras_sounddream.cli.options.strategy import begin, is_done, strategy_option
from keras_sounddream.cli.options.urbansound8k import urban_options
from keras_sounddream.errors import InputError

_OF_BOTH, _OF_ESC10 = {"fold", "seed", "precision"}, {"epochs", "model_name"}  # options


class _Recipes(click.Group):
    """A group that imports the commands of WaveNets, filters and generators when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [
            *super().list_commands(ctx),
            *("wavenet", "fsdd", "music16k", "filter", "gan", "autoencoder"),
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in self.list_commands(ctx):
            return own
        from keras_sounddream.cli.commands import train_filter, train_generator, train_wavenet

        if cmd_name == "filter":
            return train_filter.command
        if cmd_name in train_generator.ABOUT:
            return train_generator.find(cmd_name)
        return train_wavenet.find(cmd_name)


@click.group(cls=_Recipes)
def command() -> None:
    """Trains the model of a recipe."""


@click.command()
@click.option(
    "--data",
    required=True,
    metavar="FOLDER|NAME",
    help="Folder of the data set; or its name in TFDS, such as esc50/esc10, if it is built.",
)
@model_output_option
@click.option(
    "--fold",
    type=click.IntRange(1, 10),
    help="Fold left out, and measured on.  [default: 5 of ESC-10, 10 of UrbanSound8K]",
)
@folder_option("training", "Folder of the training state and TensorBoard's logs")
@click.option(
    "--model",
    "model_name",
    metavar="NAME",
    help="ESC-10 only: the classifier to train.  [default: log_mel_cnn]",
)
@click.option("--epochs", type=COUNT, help="ESC-10 only: passes over the clips.  [default: 140]")
@precision_option
@urban_options
@strategy_option
@force_option()
@click.pass_context
def classifier(
    context: click.Context,
    data: str,
    output: str,
    folder: str,
    force: bool,
    strategy_name: str | None,
    **settings: Any,
) -> None:
    """Trains a classifier: esc10 and urbansound8k.

    esc10 trains LogMelCNN, or --model, on four of the five folds of ESC-10. urbansound8k trains
    UrbanSoundCNN on UrbanSound8K: nine of the ten folds, or the nine-class set.
    """
    recipe = context.info_name
    check_outputs(output, overwrite=force)
    check_model_output(output)
    _check(recipe, data, given(settings))
    with quietly():
        from keras_sounddream.training import evaluation

        run = _esc10 if recipe == "esc10" else _urbansound8k
    strategy = begin(strategy_name)
    model, measure = run(data, folder, given(settings), strategy)
    if is_done(strategy):
        return
    write_model(model, output, force)
    confusion, measured_on = measure(model)
    click.echo(f"{output}: {evaluation.accuracy(confusion):.1%} of {measured_on}")


for recipe, about in (
    ("esc10", "Trains LogMelCNN, or another classifier, on ESC-10."),
    ("urbansound8k", "Trains UrbanSoundCNN on UrbanSound8K."),
):
    subcommand = copy.copy(classifier)
    subcommand.short_help = about
    command.add_command(subcommand, recipe)


def _esc10(data, folder, settings, strategy):
    """The trained model, and a function that measures it."""
    from keras_sounddream.training.recipes import esc10

    fold = settings.get("fold", 5)
    seed, epochs = settings.get("seed", 0), settings.get("epochs", esc10.EPOCHS)
    name = settings.get("model_name", "log_mel_cnn")
    model = esc10.train(data, fold, folder, seed, epochs, settings["precision"], name, strategy)
    return model, lambda model: (esc10.evaluate(model, data, [fold]), f"fold {fold}")


def _urbansound8k(data, folder, settings, strategy):
    """The trained model, and a function that measures it."""
    from keras_sounddream.training import evaluation
    from keras_sounddream.training.recipes import urbansound8k

    settings = urbansound8k.Settings(**settings)
    model = urbansound8k.train(data, folder, settings, strategy)

    def measure(model):
        clips, scores = urbansound8k.evaluate(model, data, settings)
        confusion = evaluation.confusion_matrix([clip.label for clip in clips], scores)
        return confusion, urbansound8k.describe_test(settings)

    return model, measure


def _check(recipe, data, settings):
    """Checks the model, options, fold and data of a recipe, before TensorFlow is imported."""
    from keras_sounddream.datasets import esc10, urbansound8k

    for name in settings:
        if (name in _OF_ESC10) if recipe == "urbansound8k" else name not in _OF_ESC10 | _OF_BOTH:
            option = "--model" if name == "model_name" else f"--{name.replace('_', '-')}"
            raise InputError(f"The recipe {recipe} has no {option}. Leave it out.")
    if recipe == "esc10":
        early.check_model(settings.get("model_name", "log_mel_cnn"), None, trained=False)
        if settings.get("fold", 5) not in esc10.FOLDS:
            raise InputError(f"ESC-10 has the folds 1 to 5. Received: {settings['fold']}")
    early.list_clips((esc10 if recipe == "esc10" else urbansound8k).read_clips, data)
