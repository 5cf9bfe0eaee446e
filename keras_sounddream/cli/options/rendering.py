"""Options of what of a dream gets into a file of sound, and in which form."""

from __future__ import annotations

from typing import Any

import click

from keras_sounddream.audio.waveforms import LEAST_RATE, MOST_RATE
from keras_sounddream.cli.options.common import (
    NOT_NEGATIVE,
    POSITIVE,
    Command,
    FiniteRange,
    decorated,
)
from keras_sounddream.errors import InputError

_NAMES = ("rate", "mono", "mix", "start", "end", "band")


def rendering_options(command: Command) -> Command:
    """Adds `--rate`, `--mono`, `--mix`, `--from`, `--to` and `--band`: `None` if not given."""
    options: dict[tuple[str, ...], dict[str, Any]] = {
        ("--rate",): {
            "type": click.IntRange(LEAST_RATE, MOST_RATE),
            "metavar": "HZ",
            "help": "Sample rate of OUT.  [default: IN's]",
        },
        ("--mono",): {"is_flag": True, "help": "Write one channel.  [default: IN's]"},
        ("--mix",): {
            "type": FiniteRange(0, 1),
            "metavar": "SHARE",
            "help": "1, the dream, to 0, the input.  [default: 1]",
        },
        ("--from", "start"): {
            "type": NOT_NEGATIVE,
            "metavar": "S",
            "help": "Begin to dream at that second.",
        },
        ("--to", "end"): {"type": POSITIVE, "metavar": "S", "help": "Dream up to that second."},
        ("--band",): {
            "metavar": "LOW:HIGH",
            "callback": _band,
            "help": "Dream between these frequencies, in Hz, alone.",
        },
    }
    made = (click.option(*names, default=None, **row) for names, row in options.items())
    return decorated(command, *made)


def take_rendering(settings: dict[str, Any]) -> dict[str, Any]:
    """Takes out of the options of a command those that were given of these, checked.

    Raises:
        InputError: if one is out of its range.
    """
    from keras_sounddream.deepdream.full_rate.rendering import Rendering

    values = {name: settings.pop(name) for name in _NAMES}
    chosen = {n: value for n, value in values.items() if value is not None and value is not False}
    Rendering(**chosen)
    return chosen


def _band(context, option, value):
    """A pair of numbers of `LOW:HIGH`; a side that is left out is the end of the sound's."""
    if value is None:
        return None
    try:
        low, high = value.split(":")
        return float(low or 0), float(high)
    except ValueError:
        raise InputError(f"Expected --band LOW:HIGH, such as 200:4000. Received: {value}") from None
