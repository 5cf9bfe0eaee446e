"""`sounddream finetune`: a pretrained network is trained for new classes."""

from __future__ import annotations

import functools
from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    NOT_NEGATIVE,
    POSITIVE,
    check_outputs,
    force_option,
    given,
    quietly,
    seed_option,
    table_options,
    weights_option,
)
from keras_sounddream.cli.options.model_output import (
    check_model_output,
    folder_option,
    model_output_option,
    precision_option,
    write_model,
)
from keras_sounddream.cli.options.strategy import begin, is_done, strategy_option
from keras_sounddream.errors import InputError

_OF_PICTURES = {
    "--size": (COUNT, "height and width in pixels.  [default: that of the weights]"),
    "--shear": (NOT_NEGATIVE, "largest random shear.  [default: 0.2]"),
    "--zoom": (NOT_NEGATIVE, "largest random zoom: 0.2 for 0.8 to 1.2.  [default: 0.2]"),
}


@click.command()
@click.argument("model_name", metavar="MODEL")
@weights_option
@click.option(
    "--data",
    required=True,
    metavar="FOLDER|NAME",
    help="Clips: ESC-10, ESC-50, or one folder per class; or pictures, one folder per class; or a "
    "data set of TFDS that is built.",
)
@model_output_option
@click.option("--fold", type=int, help="Fold left out, and measured on.  [default: the last]")
@click.option("--all-clips", is_flag=True, help="Train on every fold; measure nothing.")
@click.option(
    "--unfreeze",
    multiple=True,
    metavar="NAME",
    help="Layers to train besides the top, such as 'layer14_*'; can be repeated.",
)
@click.option("--epochs", type=COUNT, help="Passes over the clips.  [default: 6]")
@click.option(
    "--learning-rate",
    type=POSITIVE,
    help="Highest learning rate.  [default: 0.0002, of pictures 0.0001]",
)
@click.option(
    "--optimizer",
    type=click.Choice(["adamw", "sgd"]),
    help="AdamW, whose rate rises and falls; or SGD of momentum 0.9 and a constant rate.  "
    "[default: adamw]",
)
@click.option(
    "--batch-norm",
    type=click.Choice(["frozen", "free"]),
    help="Whether batch normalisations of unfrozen layers are trained.  [default: frozen]",
)
@table_options(_OF_PICTURES, "Pictures only: ")
@click.option(
    "--flip/--no-flip", default=None, help="Pictures only: flip half of them.  [default: flip]"
)
@seed_option()
@folder_option("finetuning", "Folder of the training state and TensorBoard's logs")
@precision_option
@strategy_option
@force_option()
def command(
    model_name: str,
    data: str,
    output: str,
    fold: int | None,
    all_clips: bool,
    unfreeze: tuple[str, ...],
    seed: int,
    folder: str,
    strategy_name: str | None,
    force: bool,
    **settings: Any,
) -> None:
    """Trains a new top on a pretrained MODEL, and the layers that are unfrozen.

    MODEL takes sounds, and is one of the zoo; or pictures, such as mobilenet or inception_v3, with
    their --weights: a file, imagenet, or random. Batch normalisations stay frozen. Prints the
    accuracy on the fold that is left out.
    """
    check_outputs(output, overwrite=force)
    check_model_output(output)
    if all_clips and fold is not None:
        raise InputError("Expected --fold or --all-clips. Received both: leave one out.")
    known = early.check_tuned(model_name, settings["weights"], output)
    read = _reader(known, settings)
    listed = early.list_clips(functools.partial(read, seed=seed), data)
    if listed and fold is not None:
        listed.part(fold)
    with quietly():
        from keras_sounddream.training import evaluation
        from keras_sounddream.training.transfer.fine_tuning import finetune, score_clips

    strategy = begin(strategy_name)
    clip_set = read(data, seed)
    fold = None if all_clips else clip_set.folds[-1] if fold is None else fold
    chosen = {"test_fold": fold, "unfreeze": unfreeze, "seed": seed, "strategy": strategy}
    model = finetune(clip_set, folder, model_name, **given(settings), **chosen)
    if is_done(strategy):
        return
    write_model(model, output, force, clip_set.labels)
    if fold is None:
        click.echo(f"{output}: {len(clip_set.labels)} classes, trained on every clip")
        return
    test = clip_set.part(fold)[1]
    truth = [clip.label for clip in test]
    family = None if known.kind == "picture" else _family(model_name)
    confusion = evaluation.confusion_matrix(truth, score_clips(model, test, family))
    click.echo(evaluation.table(confusion, clip_set.labels))
    click.echo(f"{output}: {evaluation.accuracy(confusion):.1%} of fold {fold}")


def _reader(known, settings):
    """The function that lists clips, or pictures."""
    if known.kind == "picture":
        from keras_sounddream.datasets.picture_sets import read_picture_set

        return read_picture_set
    from keras_sounddream.datasets.clip_sets import read_clip_set

    for name in ("size", "shear", "zoom", "flip"):
        if settings[name] is not None:
            raise InputError(
                f"{known.name} takes sounds, and --{name} is of pictures: leave it out."
            )
    return read_clip_set


def _family(model_name):
    from keras_sounddream.applications import find

    return find(model_name)[1]
