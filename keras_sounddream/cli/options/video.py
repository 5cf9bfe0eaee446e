"""Options of dreams of videos: the sound's network, and what couples sound and pictures."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Any

import click

from keras_sounddream.cli.options.common import Command, FiniteRange, decorated
from keras_sounddream.errors import InputError

_OPTIONS: dict[str, dict[str, Any]] = {
    "--couple": {
        "multiple": True,
        "metavar": "SIGNAL:TARGET",
        "help": "Signal of the sound (loudness, heard) that drives the pictures' strength or "
        "layers, or of the pictures (brightness, motion, seen) that drives the sound's strength; "
        "can be repeated.",
    },
    "--sound-model": {
        "metavar": "NAME|FILE",
        "help": "Model for the sound.  [default: log_mel_cnn]",
    },
    "--sound-weights": {"metavar": "KEY|FILE", "help": "Weights of --sound-model."},
    "--sound-layer": {
        "multiple": True,
        "metavar": "NAME[:CHANNEL]",
        "help": "Layer to dream the sound on; can be repeated.",
    },
    "--sound-class": {
        "metavar": "LABEL|NUMBER",
        "help": "Class to dream the sound of.  [default: that of --class]",
    },
    "--keep": {
        "type": FiniteRange(0, 0.99),
        "metavar": "SHARE",
        "help": "Share of a frame's dream that the next begins with.  [default: 0.9]",
    },
    "--side": {
        "type": click.IntRange(16, 4096),
        "metavar": "PIXELS",
        "help": "Shorter side of the frames that are dreamed.  [default: 360]",
    },
}
_NAMES = tuple(option[2:].replace("-", "_") for option in _OPTIONS)


def video_options(command: Command) -> Command:
    """Adds the options of videos: `None`, or an empty tuple, if not given."""
    texts = {name: {**row, "help": f"Videos only: {row['help']}"} for name, row in _OPTIONS.items()}
    return decorated(command, *(click.option(name, **row) for name, row in texts.items()))


def take_video(settings: dict[str, Any]) -> dict[str, Any]:
    """Takes out of the options of a command those that were given of these."""
    values = {name: settings.pop(name) for name in _NAMES}
    return {name: value for name, value in values.items() if value not in (None, ())}


def is_video(inputs: Sequence[str], options: dict[str, Any]) -> bool:
    """Whether the one input of a command is a video, by its suffix.

    Raises:
        InputError: if one of several is, or options of videos are given for none.
    """
    from keras_sounddream.datasets.videos import SUFFIXES

    found = [path for path in inputs if pathlib.Path(path).suffix.lower() in SUFFIXES]
    if found and len(inputs) > 1:
        raise InputError(f"Videos are dreamed one at a time. Received: {len(inputs)} files.")
    if options and not found:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in options)
        raise InputError(f"{names}: for videos alone, and {inputs[0]} is none.")
    return bool(found)
