"""`sounddream convert`: weights of another system, written as the zoo's own."""

import hashlib
import pathlib

import click

from keras_sounddream.cli.options.common import check_outputs, quietly
from keras_sounddream.cli.options.wavenet import read_arguments, wavenet_options
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside


@click.command()
@click.argument("model_name", metavar="MODEL")
@click.argument("weights", metavar="FILE")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE.npz|FILE.weights.h5|FILE.keras",
    help="The weights to write, or the whole model.",
)
@click.option("--no-top", is_flag=True, help="Convert the network without its last layers.")
@click.option(
    "--dtype",
    default="float32",
    show_default=True,
    type=click.Choice(["float32", "float16"]),
    help="Of the numbers in .npz; float16 halves the file.",
)
@wavenet_options
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def command(model_name, weights, output, no_top, dtype, force, **settings):
    """Converts weights that another system wrote for a model of the zoo.

    FILE is .npz, .npy, .pth, .t7, .h5, .tflite or a TensorFlow checkpoint. Nothing in it is run; a
    tensor that is missing, extra or of another shape is an error.
    """
    check_outputs(output, overwrite=force)
    _check_kind(output, dtype)
    with quietly():
        from keras_sounddream import applications

        name, family = applications.find(model_name)
        arguments = _arguments(name, weights, settings)
        model = getattr(family, name)(weights=weights, include_top=not no_top, **arguments)
    with written_beside(output, force) as temporary:
        _save(model, temporary, dtype)
    digest = hashlib.sha256(pathlib.Path(output).read_bytes()).hexdigest()
    click.echo(
        f"{output}: {len(model.weights)} tensors, {model.count_params():,} parameters, "
        f"SHA-256 {digest}"
    )


def _arguments(name, weights, settings):
    """Arguments of the constructor beside the weights: of WaveNet alone."""
    if name == "WaveNet":
        return read_arguments(weights, **settings)
    for setting, value in settings.items():
        if value not in (None, ()):
            option = "condition" if setting == "conditions" else setting.replace("_", "-")
            raise InputError(f"--{option} is of wavenet. Leave it out. Received: {name}")
    return {}


def _check_kind(output, dtype):
    if not output.endswith((".npz", ".weights.h5", ".keras")):
        raise InputError(
            f"Expected weights to write as .npz or .weights.h5, or a .keras model. "
            f"Received: {output}"
        )
    if not output.endswith(".npz") and dtype != "float32":
        raise InputError(f"{dtype} is for .npz alone. Write {output} in float32, or as .npz.")


def _save(model, path, dtype):
    import numpy as np

    from keras_sounddream.applications import weights as _weights

    if not path.name.endswith(".npz"):
        (model.save if path.name.endswith(".keras") else model.save_weights)(path)
        return
    for weight in model.weights:
        largest = np.abs(np.asarray(weight.value)).max(initial=0)
        if largest > np.finfo(dtype).max:
            raise InputError(
                f"{weight.path!r} holds {largest:.3g}, too large for {dtype}. Use --dtype float32."
            )
    _weights.save(model, path, dtype)
