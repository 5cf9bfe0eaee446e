"""Objectives as command lines spell them, read without Keras: layers, channels, guidances."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from keras_sounddream.checks import check, choice
from keras_sounddream.errors import InputError

GUIDANCES = ("guided", "guided_locally", "matched")  # functions of `deepdream.objectives`
STATISTICS = ("gram", "correlation", "power", "moments")  # of `objectives.statistics`
OVER = ("positions", "time")  # which a style's statistic is taken over


def read_layer(text: str) -> tuple[str, int | None]:
    """The name of a layer, and the number of a channel or `None`, of `"NAME"` or `"NAME:CHANNEL"`.

    Raises:
        InputError: if it is no text, or what is after the colon is not a number.
    """
    if not isinstance(text, str):
        raise InputError(f"Expected LAYER or LAYER:CHANNEL as text. Received: {text!r}")
    name, colon, index = text.partition(":")
    if colon and not index.isdecimal():
        raise InputError(f"Expected LAYER or LAYER:CHANNEL, such as conv1:7. Received: {text!r}")
    return name, int(index) if colon else None


def check_guides(layers: Sequence[str], guides: Collection, guidance: str) -> None:
    """Checks that layers, guides and the objective of guides go together.

    Raises:
        InputError: if they do not.
    """
    check("guidance", guidance, choice(GUIDANCES))
    if guidance != GUIDANCES[0] and not guides:
        raise InputError(f"{guidance} needs guides: name their files. Received none.")
    if guides and any(":" in name for name in layers):
        raise InputError("A guide takes whole layers: leave the channel out.")
