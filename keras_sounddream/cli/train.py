"""`sounddream train`: runs a recipe of the zoo."""

import click

from keras_sounddream.cli._options import check_outputs, quietly
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside


@click.command()
@click.argument("recipe", type=click.Choice(["esc10"]))
@click.option("--data", required=True, metavar="FOLDER", help="The data set.")
@click.option("-o", "--output", required=True, metavar="FILE.npz", help="The weights to write.")
@click.option("--fold", default=5, show_default=True, type=click.IntRange(1, 5), help="Left out.")
@click.option(
    "--folder",
    default="training",
    show_default=True,
    metavar="FOLDER",
    help="Training state and TensorBoard's logs; an interrupted run goes on from here.",
)
@click.option("--epochs", type=click.IntRange(1), help="Passes over the clips.  [default: 140]")
@click.option("--seed", default=0, show_default=True, type=int)
@click.option(
    "--precision",
    default="float32",
    show_default=True,
    type=click.Choice(["float32", "mixed_bfloat16", "mixed_float16"]),
    help="mixed_bfloat16 is faster on processors with bfloat16 matrix units.",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def command(recipe, data, output, fold, folder, epochs, seed, precision, force):
    """Trains the model of a recipe.

    esc10 trains LogMelCNN on four of the five folds of ESC-10.
    """
    check_outputs(output, overwrite=force)
    if not output.endswith(".npz"):
        raise InputError(f"Expected weights to write as .npz. Received: {output}")
    with quietly():
        from keras_sounddream.applications import _weights
        from keras_sounddream.training import esc10

    model = esc10.train(data, fold, folder, seed, epochs or esc10.EPOCHS, precision)
    with written_beside(output, force) as temporary:
        _weights.save(model, temporary)
    _weights.load(model, output)  # what is measured is what the file holds
    confusion = esc10.evaluate(model, data, [fold])
    click.echo(f"{output}: {esc10.accuracy(confusion):.1%} of fold {fold}")
