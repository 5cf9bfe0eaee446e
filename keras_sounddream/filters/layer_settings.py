"""Settings of the layers of filters, and the values that each may have."""

from collections.abc import Mapping
from typing import Any

from keras_sounddream.checks import Allowed, check, integer, number
from keras_sounddream.images.pixel_range import WHITE

_DILATIONS = Allowed(
    "a list of at most 16 integers of 1 to 1000",
    lambda value: (
        isinstance(value, tuple) and len(value) <= 16 and all(map(integer(1, 1000).fits, value))
    ),
)
OF_SOUNDS = {
    "width": integer(1, 4096),
    "dilations": _DILATIONS,
    "look_ahead": integer(1, 100),
    "mask_db": number(0, 120),
    "fall_db": number(0, 120),
    "ceiling_db": number(-60, 60),
}
OF_PICTURES = {"width": integer(2, 4096), "dilations": _DILATIONS, "limit": number(0, WHITE)}


def checked(allowed: Mapping[str, Allowed], **settings: Any) -> list[Any]:
    """Settings of a layer in their order, lists as tuples.

    Raises:
        InputError: if one is not allowed.
    """
    return [check(name, value, allowed[name]) for name, value in settings.items()]
