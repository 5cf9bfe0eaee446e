"""`sounddream evaluate`: accuracy and confusion matrix of a classifier."""

from __future__ import annotations

import pathlib
from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    check_outputs,
    force_option,
    given,
    json_option,
    load_model,
    weights_option,
    write_json,
)
from keras_sounddream.cli.options.urbansound8k import test_part_options
from keras_sounddream.errors import InputError


@click.command()
@click.argument("model_name", metavar="MODEL")
@weights_option
@click.option(
    "--data",
    required=True,
    metavar="FOLDER|NAME",
    help="Folder of ESC-10 or UrbanSound8K; or esc50/esc10 or urbansound8k/original in TFDS, if "
    "built.",
)
@click.option(
    "--fold",
    "folds",
    multiple=True,
    type=click.IntRange(1, 10),
    help="Fold to evaluate on; can be repeated.  [default: 5 of ESC-10, 10 of UrbanSound8K]",
)
@test_part_options
@click.option("--print-samples", is_flag=True, help="Print the prediction for every clip.")
@click.option("--plot", metavar="PNG", help="Draw the confusion matrix.")
@json_option("Write the confusion matrix as JSON.")
@force_option("Replace files that exist.")
def command(
    model_name: str,
    weights: str | None,
    data: str,
    folds: tuple[int, ...],
    print_samples: bool,
    plot: str | None,
    json_path: str | None,
    force: bool,
    **settings: Any,
) -> None:
    """Measures a model on ESC-10 or UrbanSound8K, recognised by their layout.

    Prints the confusion matrix, one row per true class, and the accuracy.
    """
    check_outputs(plot, json_path, overwrite=force)
    from keras_sounddream.datasets import esc10, urbansound8k

    is_urban = (pathlib.Path(data) / "metadata").is_dir()
    if given(settings) and not is_urban:
        raise InputError(f"ESC-10 has no {', '.join(given(settings))}. Leave them out.")
    early.check_model(model_name, weights)
    early.list_clips((urbansound8k if is_urban else esc10).read_clips, data)
    model, _ = load_model(model_name, weights)
    from keras_sounddream.training import evaluation

    measure = _urbansound8k if is_urban else _esc10
    clips, scores, labels, measured_on = measure(model, data, folds, given(settings))
    if print_samples:
        for line in evaluation.sample_lines(clips, scores, labels):
            click.echo(line)
    confusion = evaluation.confusion_matrix([clip.label for clip in clips], scores)
    click.echo(evaluation.table(confusion, labels))
    accuracy = evaluation.accuracy(confusion)
    click.echo(f"accuracy {accuracy:.2%} ({len(clips)} clips, {measured_on})")
    if plot:
        evaluation.plot(confusion, labels, plot, force)
    if json_path:
        figures = {"accuracy": accuracy, "measured_on": measured_on, "labels": list(labels)}
        write_json(json_path, figures | {"confusion": confusion.tolist()}, force)


def _esc10(model, data, folds, settings):
    from keras_sounddream.training.recipes import esc10

    folds = folds or (5,)
    clips, scores = esc10.score(model, data, folds)
    return clips, scores, esc10.LABELS, f"fold {', '.join(map(str, folds))}"


def _urbansound8k(model, data, folds, settings):
    from keras_sounddream.training.recipes import urbansound8k

    if len(folds) > 1:
        raise InputError(f"Expected one fold of UrbanSound8K at a time. Received: {len(folds)}")
    if folds:
        settings["fold"] = folds[0]
    settings = urbansound8k.Settings(**settings)
    clips, scores = urbansound8k.evaluate(model, data, settings)
    return clips, scores, settings.labels, urbansound8k.describe_test(settings)
