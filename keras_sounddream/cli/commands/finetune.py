"""`sounddream finetune`: a pretrained network is trained for new classes."""

from __future__ import annotations

import functools
from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    COUNT,
    POSITIVE,
    check_outputs,
    clips_option,
    force_option,
    given,
    quietly,
    seed_option,
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


@click.command()
@click.argument("model_name", metavar="MODEL")
@weights_option
@clips_option
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
    "--learning-rate", type=POSITIVE, help="Highest learning rate of AdamW.  [default: 0.0002]"
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

    Batch normalisations stay frozen. Prints the accuracy on the fold that is left out.
    """
    check_outputs(output, overwrite=force)
    check_model_output(output)
    if all_clips and fold is not None:
        raise InputError("Expected --fold or --all-clips. Received both: leave one out.")
    from keras_sounddream.datasets.clip_sets import read_clip_set

    early.check_model(model_name, settings["weights"])
    listed = early.list_clips(functools.partial(read_clip_set, seed=seed), data)
    if listed and fold is not None:
        listed.part(fold)
    with quietly():
        from keras_sounddream.applications import find
        from keras_sounddream.training import evaluation
        from keras_sounddream.training.transfer.fine_tuning import finetune, score_clips

    strategy = begin(strategy_name)
    clip_set = read_clip_set(data, seed)
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
    family = find(model_name)[1]
    confusion = evaluation.confusion_matrix(truth, score_clips(model, test, family))
    click.echo(evaluation.table(confusion, clip_set.labels))
    click.echo(f"{output}: {evaluation.accuracy(confusion):.1%} of fold {fold}")
