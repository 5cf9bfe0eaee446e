"""`sounddream evaluate`: how often a model is right."""

import click

from keras_sounddream.cli._options import check_outputs, load_model, write_json


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.option("--weights", metavar="KEY|FILE", help="Key of pretrained weights, or a file.")
@click.option("--data", required=True, metavar="FOLDER", help="ESC-10.")
@click.option(
    "--fold",
    "folds",
    multiple=True,
    type=click.IntRange(1, 5),
    help="To evaluate on; can be repeated.  [default: 5]",
)
@click.option("--json", "json_path", metavar="FILE", help="Write the confusion matrix as JSON.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def command(model_name, weights, data, folds, json_path, force):
    """Measures a model on ESC-10.

    Prints the confusion matrix of whole folds, rows the true classes, and the accuracy.
    """
    check_outputs(json_path, overwrite=force)
    model, _ = load_model(model_name, weights)
    from keras_sounddream.training import esc10

    folds = folds or (5,)
    confusion = esc10.evaluate(model, data, folds)
    width = max(len(label) for label in esc10.LABELS)
    for label, row in zip(esc10.LABELS, confusion, strict=True):
        click.echo(f"{label:>{width}} " + " ".join(f"{count:4d}" for count in row))
    accuracy = esc10.accuracy(confusion)
    named = ", ".join(str(fold) for fold in folds)
    click.echo(f"accuracy {accuracy:.2%} ({confusion.sum()} clips, fold {named})")
    if json_path:
        write_json(
            json_path,
            {"accuracy": accuracy, "folds": list(folds), "confusion": confusion.tolist()},
            force,
        )
