"""`sounddream train`: runs a recipe of the zoo."""

import copy

import click

from keras_sounddream.cli.commands import train_wavenet
from keras_sounddream.cli.options.common import check_outputs, quietly
from keras_sounddream.cli.options.model_output import check_model_output, write_model
from keras_sounddream.cli.options.strategy import begin, is_done, strategy_option
from keras_sounddream.cli.options.urbansound8k import urban_options
from keras_sounddream.errors import InputError


@click.group()
def command():
    """Trains the model of a recipe."""


@click.command()
@click.option(
    "--data",
    required=True,
    metavar="FOLDER|NAME",
    help="The data set; or its name in TFDS, such as esc50/esc10, if it is built.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="What to write: weights as .npz, or the whole model as .keras.",
)
@click.option("--fold", type=click.IntRange(1, 10), help="Left out.  [default: 5, or 10]")
@click.option(
    "--folder",
    default="training",
    show_default=True,
    metavar="FOLDER",
    help="Training state and TensorBoard's logs; an interrupted run goes on from here.",
)
@click.option("--model", "model_name", metavar="NAME", help="Of esc10.  [default: log_mel_cnn]")
@click.option("--epochs", type=click.IntRange(1), help="Of esc10, passes.  [default: 140]")
@click.option(
    "--precision",
    default="float32",
    show_default=True,
    type=click.Choice(["float32", "mixed_bfloat16", "mixed_float16"]),
    help="mixed_bfloat16 is faster on processors with bfloat16 matrix units.",
)
@urban_options
@strategy_option
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.pass_context
def classifier(context, data, output, folder, force, strategy_name, **settings):
    """Trains a classifier: esc10 and urbansound8k.

    esc10 trains LogMelCNN, or --model, on four of the five folds of ESC-10. urbansound8k trains
    UrbanSoundCNN on UrbanSound8K: nine of the ten folds, or the nine-class set.
    """
    recipe = context.info_name
    check_outputs(output, overwrite=force)
    check_model_output(output)
    settings = {name: value for name, value in settings.items() if value is not None}
    with quietly():
        from keras_sounddream.training import evaluation

        run = _esc10 if recipe == "esc10" else _urbansound8k
    strategy = begin(strategy_name)
    model, measure = run(data, folder, settings, strategy)
    if is_done(strategy):
        return
    write_model(model, output, force)
    confusion, measured_on = measure(model)
    click.echo(f"{output}: {evaluation.accuracy(confusion):.1%} of {measured_on}")


for recipe, about in (
    ("esc10", "Trains LogMelCNN, or another classifier, on ESC-10."),
    ("urbansound8k", "Trains UrbanSoundCNN on UrbanSound8K."),
):
    each = copy.copy(classifier)
    each.short_help = about
    command.add_command(each, recipe)
command.add_command(train_wavenet.wavenet)
command.add_command(
    train_wavenet.corpus_command("fsdd", "Trains the WaveNet of spoken digits, on FSDD.")
)
command.add_command(
    train_wavenet.corpus_command("music16k", "Trains the WaveNet of music in six genres.")
)


def _esc10(data, folder, settings, strategy):
    """The trained model, and a function that measures it."""
    from keras_sounddream.training.recipes import esc10

    known = {"fold", "seed", "precision", "epochs", "model_name"}
    _refuse(settings, known, "esc10")
    fold = settings.get("fold", 5)
    if fold not in esc10.FOLDS:
        raise InputError(f"ESC-10 has the folds 1 to 5. Received: {fold}")
    model = esc10.train(
        data,
        fold,
        folder,
        settings.get("seed", 0),
        settings.get("epochs", esc10.EPOCHS),
        settings["precision"],
        settings.get("model_name", "log_mel_cnn"),
        strategy,
    )
    return model, lambda model: (esc10.evaluate(model, data, [fold]), f"fold {fold}")


def _urbansound8k(data, folder, settings, strategy):
    """The trained model, and a function that measures it."""
    from keras_sounddream.training import evaluation
    from keras_sounddream.training.recipes import urbansound8k

    known = set(urbansound8k.Settings.__dataclass_fields__)
    _refuse(settings, known, "urbansound8k")
    settings = urbansound8k.Settings(**settings)
    model = urbansound8k.train(data, folder, settings, strategy)

    def measure(model):
        clips, scores = urbansound8k.evaluate(model, data, settings)
        confusion = evaluation.confusion_matrix([clip.label for clip in clips], scores)
        return confusion, urbansound8k.describe_test(settings)

    return model, measure


def _refuse(settings, known, recipe):
    for name in settings:
        if name not in known:
            option = "--model" if name == "model_name" else f"--{name.replace('_', '-')}"
            raise InputError(f"The recipe {recipe} has no {option}. Leave it out.")
