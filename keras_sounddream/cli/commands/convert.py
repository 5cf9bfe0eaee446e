"""`sounddream convert`: weights of another system, written as the zoo's own."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.applications import pretrained
from keras_sounddream.cli.options.common import check_outputs, force_option, given, quietly
from keras_sounddream.cli.options.wavenet import read_arguments, wavenet_options
from keras_sounddream.digests import file_digest
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
    help="Type of the numbers in .npz; float16 halves the file.",
)
@wavenet_options
@force_option()
def command(
    model_name: str,
    weights: str,
    output: str,
    no_top: bool,
    dtype: str,
    force: bool,
    **settings: Any,
) -> None:
    """Converts weights that another system wrote for a model of the zoo.

    FILE is .npz, .npy, .pth, .t7, .h5, .tflite or a TensorFlow checkpoint. No code in it is run; a
    tensor that is missing, extra or of another shape is an error.
    """
    check_outputs(output, overwrite=force)
    _check_output(output, dtype)
    pretrained.check_weights(pretrained.find_constructor(model_name)[0], weights)
    with quietly():
        from keras_sounddream import applications

        name, family = applications.find(model_name)
        arguments = _arguments(name, weights, settings)
        model = getattr(family, name)(weights=weights, include_top=not no_top, **arguments)
    with written_beside(output, force) as temporary:
        _save(model, temporary, dtype)
    click.echo(
        f"{output}: {len(model.weights)} tensors, {model.count_params():,} parameters, "
        f"SHA-256 {file_digest(output)}"
    )


def _arguments(name, weights, settings):
    """Arguments of the constructor beside the weights: only WaveNet has them."""
    if name == "WaveNet":
        return read_arguments(weights, **settings)
    for setting in given(settings):
        option = "condition" if setting == "conditions" else setting.replace("_", "-")
        raise InputError(f"--{option} is for wavenet alone. Leave it out. Received: {name}")
    return {}


def _check_output(output, dtype):
    if not output.endswith((".npz", ".weights.h5", ".keras")):
        raise InputError(
            f"Expected weights to write as .npz or .weights.h5, or a .keras model. "
            f"Received: {output}"
        )
    if not output.endswith(".npz") and dtype != "float32":
        raise InputError(f"{dtype} is for .npz alone. Write {output} in float32, or as .npz.")


def _save(model, path, dtype):
    import numpy as np

    from keras_sounddream.applications import weights as weight_files

    if not path.name.endswith(".npz"):
        (model.save if path.name.endswith(".keras") else model.save_weights)(path)
        return
    for weight in model.weights:
        largest = np.abs(np.asarray(weight.value)).max(initial=0)
        if largest > np.finfo(dtype).max:
            raise InputError(
                f"{weight.path!r} holds {largest:.3g}, too large for {dtype}. Use --dtype float32."
            )
    weight_files.save(model, path, dtype)
