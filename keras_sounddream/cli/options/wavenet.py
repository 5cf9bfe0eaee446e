"""Settings of a WaveNet that a file of weights does not tell."""

import dataclasses
import json

import click

from keras_sounddream.cli.options.common import decorated
from keras_sounddream.errors import InputError

_THEIRS = {"quantization_channels": "classes", "levels": "classes"}


def wavenet_options(command):
    """Adds the settings of a WaveNet: `None`, or none, where they are not given.

    Args:
        command: function to decorate.

    Returns:
        the function.
    """
    return decorated(
        command,
        click.option(
            "--params",
            metavar="JSON",
            help="Of wavenet: its wavenet_params.json, or other arguments of WaveNet.",
        ),
        click.option("--sample-rate", type=int, help="Of wavenet, Hz.  [default: 16000]"),
        click.option(
            "--dilations",
            metavar="1,2,4,…",
            help="Of wavenet, one a layer.  [default: five times 1 to 512]",
        ),
        click.option(
            "--condition",
            "conditions",
            multiple=True,
            metavar="NAME=LABEL,LABEL,…",
            help="Of wavenet: the labels of a global condition, in order. Repeat for each.",
        ),
    )


def read_arguments(weights, params, sample_rate, dilations, conditions):
    """Puts together what the file of weights, a file of settings and options say.

    Args:
        weights: str, path of the file of weights, or what a checkpoint begins with.
        params: str, path of JSON, or `None`.
        sample_rate: int, or `None`.
        dilations: str, ints with commas between, or `None`.
        conditions: sequence of str, as of the option.

    Returns:
        dict, arguments of `WaveNet`.

    Raises:
        InputError: if something cannot be read, or is missing.
    """
    from keras_sounddream.applications import wavenet
    from keras_sounddream.applications import weights as _weights
    from keras_sounddream.applications.wavenet.weights import read_settings
    from keras_sounddream.convert import read_arrays

    path = _weights.pretrained_path(weights, {})
    whole = str(path).endswith(".weights.h5")
    told, num_layers, num_labels = read_settings({} if whole else read_arrays(path))
    found = told | ({} if params is None else _read_params(params))
    found |= {} if sample_rate is None else {"sample_rate": sample_rate}
    found |= {} if dilations is None else {"dilations": _read_dilations(dilations)}
    found |= {"conditions": _read_conditions(conditions)} if conditions else {}
    _check_told(found, wavenet.DILATIONS, num_layers, num_labels)
    return found


def _check_told(found, by_default, num_layers, num_labels):
    """Compares what was said with what the weights tell."""
    dilations = found.get("dilations", by_default)
    if num_layers and isinstance(dilations, list | tuple) and len(dilations) != num_layers:
        raise InputError(
            f"The weights are of {num_layers} layers. Expected as many dilations, by --params or "
            f"--dilations. Received: {len(dilations)}"
        )
    several = [len(labels) for labels in found.get("conditions", {}).values()]
    if num_layers and several != [num_labels] * bool(num_labels):
        wanted = f"{num_labels} labels" if num_labels else "no condition"
        raise InputError(
            f"The weights are of {wanted}: {'give' if num_labels else 'leave'} --condition "
            f"{'NAME=LABEL,LABEL,…' if num_labels else 'out'}. Received: "
            f"{' and '.join(map(str, several)) or 'none'}"
        )


def read_object(path):
    """Reads settings of a network from JSON.

    Args:
        path: str.

    Returns:
        dict.

    Raises:
        InputError: if it cannot be read, or is no object.
    """
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {path} as JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InputError(f"Expected an object of settings in {path}. Received: {found!r:.60}")
    return found


def _read_params(path):
    from keras_sounddream.applications.wavenet.config import WaveNetConfig

    found = read_object(path)
    found = {_THEIRS.get(name, name): value for name, value in found.items()}
    known = {field.name for field in dataclasses.fields(WaveNetConfig)} - {
        "levels",
        "conditions",
    } | {"classes"}
    for name in found.keys() - known:
        raise InputError(
            f"{path} holds {name!r}, which is no setting of WaveNet. There are: "
            f"{', '.join(sorted(known))}."
        )
    return found


def _read_dilations(text):
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"Expected --dilations such as 1,2,4,8. Received: {text}") from None


def _read_conditions(conditions):
    found = {}
    for given in conditions:
        name, equals, labels = given.partition("=")
        if not equals or name in found:
            raise InputError(
                f"Expected --condition NAME=LABEL,LABEL,…, each name once. Received: {given}"
            )
        found[name] = labels.split(",")
    return found
