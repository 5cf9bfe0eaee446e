"""`sounddream finetune`: a pretrained network for classes of one's own."""

import click

from keras_sounddream.cli.options.common import FiniteRange, check_outputs, quietly
from keras_sounddream.cli.options.model_output import check_model_output, write_model
from keras_sounddream.cli.options.strategy import begin, is_done, strategy_option
from keras_sounddream.errors import InputError


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.option("--weights", metavar="KEY|FILE", help="Key of pretrained weights, or a file.")
@click.option(
    "--data",
    required=True,
    metavar="FOLDER|NAME",
    help="ESC-10, ESC-50, or a folder a class; or a data set of TFDS that is built.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="What to write: weights with their labels as .npz, or the whole model as .keras.",
)
@click.option("--fold", type=int, help="Left out, and measured on.  [default: the last]")
@click.option("--all-clips", is_flag=True, help="Train on every fold; measure nothing.")
@click.option(
    "--unfreeze",
    multiple=True,
    metavar="NAME",
    help="Layers to train beside the top, such as 'layer14_*'; can be repeated.",
)
@click.option("--epochs", type=click.IntRange(1), help="Passes over the clips.  [default: 6]")
@click.option("--learning-rate", type=FiniteRange(0, min_open=True), help="[default: 0.0002]")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all that is drawn."
)
@click.option(
    "--folder",
    default="finetuning",
    show_default=True,
    metavar="FOLDER",
    help="Training state and TensorBoard's logs; an interrupted run goes on from here.",
)
@click.option(
    "--precision",
    default="float32",
    show_default=True,
    type=click.Choice(["float32", "mixed_bfloat16", "mixed_float16"]),
    help="mixed_bfloat16 is faster on processors with bfloat16 matrix units.",
)
@strategy_option
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def command(
    model_name,
    weights,
    data,
    output,
    fold,
    all_clips,
    unfreeze,
    seed,
    folder,
    strategy_name,
    force,
    **settings,
):
    """Trains a new top on a pretrained MODEL, and the layers that are unfrozen.

    Batch normalisations stay as they are. Prints the accuracy on the fold that is left out.
    """
    check_outputs(output, overwrite=force)
    check_model_output(output)
    if all_clips and fold is not None:
        raise InputError("Expected --fold or --all-clips. Received both: leave one out.")
    settings = {name: value for name, value in settings.items() if value is not None}
    if weights is not None:
        settings["weights"] = weights
    with quietly():
        from keras_sounddream.applications import find
        from keras_sounddream.datasets.clip_sets import read_clip_set
        from keras_sounddream.training import evaluation
        from keras_sounddream.training.transfer.fine_tuning import finetune, score_clips

    strategy = begin(strategy_name)
    clip_set = read_clip_set(data, seed)
    fold = None if all_clips else clip_set.folds[-1] if fold is None else fold
    settings |= {"test_fold": fold, "unfreeze": unfreeze, "seed": seed, "strategy": strategy}
    model = finetune(clip_set, folder, model_name, **settings)
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
