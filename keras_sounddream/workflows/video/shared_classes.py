"""Classes that networks of sounds and of pictures share, by their labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from keras_sounddream.deepdream.network.class_labels import every_label, find_in_labels
from keras_sounddream.errors import InputError

_ALSO = {"rooster": "cock", "church bells": "bell cote", "sea waves": "seashore"}  # as ImageNet


def shared_label(
    name: str, labels: Sequence[str] | Mapping[Any, Sequence[str]] | None, label: str
) -> str:
    """The label under which a network has a class of another network.

    Labels agree where one of their synonyms does, but for case, spaces and punctuation:
    `"chain saw, chainsaw"` is `"chainsaw"`.

    Args:
        name: of the network, for the error.
        labels: of its classes; or a dict of such by the names of its outputs.
        label: of the other network.

    Raises:
        InputError: if it has no such class, with the nearest names.

    Example:
        >>> shared_label("net", ["dog", "sea_waves"], "seashore, coast")
        'sea_waves'
    """
    wanted = _names(label)
    for own in every_label(labels):
        if wanted & _names(own):
            return own
    try:
        find_in_labels(name, labels or (), label)
    except InputError as error:
        raise InputError(
            f"{error} Name the sound's class by --sound-class, or a layer by --sound-layer."
        ) from None
    return label


def _names(label):
    """A class's synonyms, as ImageNet has them too: lower-case words alone."""
    names = {re.sub(r"[\W_]+", " ", part.lower()).strip() for part in label.split(",")}
    names |= {_ALSO[one] for one in names if one in _ALSO}
    return {one.replace(" ", "") for one in names}
