"""Options for the settings of a WaveNet that a file of weights does not hold."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import click

from keras_sounddream.cli.options.common import Command, decorated
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

_ARGUMENTS = {"quantization_channels": "classes", "levels": "classes"}  # former name: argument


def wavenet_options(command: Command) -> Command:
    """Adds the settings of a WaveNet: `None`, or an empty tuple, where not given."""
    return decorated(
        command,
        click.option(
            "--params",
            metavar="JSON",
            help="WaveNet only: its wavenet_params.json, or other arguments of WaveNet.",
        ),
        click.option(
            "--sample-rate", type=int, help="WaveNet only: sample rate, Hz.  [default: 16000]"
        ),
        click.option(
            "--dilations",
            metavar="1,2,4,…",
            help="WaveNet only: dilation of each layer.  [default: five times 1 to 512]",
        ),
        click.option(
            "--condition",
            "conditions",
            multiple=True,
            metavar="NAME=LABEL,LABEL,…",
            help="WaveNet only: labels of a global condition, in order; can be repeated.",
        ),
    )


def read_arguments(
    weights: str,
    params: str | None,
    sample_rate: int | None,
    dilations: str | None,
    conditions: Sequence[str],
) -> dict[str, Any]:
    """Arguments of `WaveNet` from a file of weights, a file of settings and options, in that order.

    Raises:
        InputError: if something cannot be read, or is missing.
    """
    from keras_sounddream.applications import wavenet
    from keras_sounddream.applications import weights as weight_files
    from keras_sounddream.applications.wavenet.weights import read_settings
    from keras_sounddream.convert import read_arrays

    path = weight_files.pretrained_path(weights, {})
    is_own = str(path).endswith(".weights.h5")
    settings, num_layers, num_labels = read_settings({} if is_own else read_arrays(path))
    settings = settings | ({} if params is None else _read_params(params))
    settings |= {} if sample_rate is None else {"sample_rate": sample_rate}
    settings |= {} if dilations is None else {"dilations": _read_dilations(dilations)}
    settings |= {"conditions": _read_conditions(conditions)} if conditions else {}
    _check_fit(settings, wavenet.DILATIONS, num_layers, num_labels)
    return settings


def _check_fit(settings, default_dilations, num_layers, num_labels):
    """Compares settings with the numbers of layers and labels in the weights."""
    dilations = settings.get("dilations", default_dilations)
    if num_layers and isinstance(dilations, list | tuple) and len(dilations) != num_layers:
        raise InputError(
            f"The weights are of {num_layers} layers. Expected as many dilations, by --params or "
            f"--dilations. Received: {len(dilations)}"
        )
    counts = [len(labels) for labels in settings.get("conditions", {}).values()]
    if num_layers and counts != [num_labels] * bool(num_labels):
        expected = f"{num_labels} labels" if num_labels else "no condition"
        raise InputError(
            f"The weights are of {expected}: {'give' if num_labels else 'leave'} --condition "
            f"{'NAME=LABEL,LABEL,…' if num_labels else 'out'}. Received: "
            f"{' and '.join(map(str, counts)) or 'none'}"
        )


def read_object(path: PathLike) -> dict[str, Any]:
    """The object in a file of JSON.

    Raises:
        InputError: if it cannot be read, or is no object.
    """
    try:
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {path} as JSON: {error}.") from None
    if not isinstance(settings, dict):
        raise InputError(f"Expected an object of settings in {path}. Received: {settings!r:.60}")
    return settings


def _read_params(path):
    from keras_sounddream.applications.wavenet.config import WaveNetConfig

    settings = {_ARGUMENTS.get(name, name): value for name, value in read_object(path).items()}
    fields = {field.name for field in dataclasses.fields(WaveNetConfig)}
    known = fields - {"levels", "conditions"} | {"classes"}
    for name in settings.keys() - known:
        raise InputError(
            f"{path} holds {name!r}, which is no setting of WaveNet. There are: "
            f"{', '.join(sorted(known))}."
        )
    return settings


def _read_dilations(text):
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"Expected --dilations such as 1,2,4,8. Received: {text}") from None


def _read_conditions(conditions):
    labels_of = {}
    for text in conditions:
        name, equals, labels = text.partition("=")
        if not equals or name in labels_of:
            raise InputError(
                f"Expected --condition NAME=LABEL,LABEL,…, each name once. Received: {text}"
            )
        labels_of[name] = labels.split(",")
    return labels_of
