"""Checks of what is generated, as far as no network is needed to tell."""

from typing import Any

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.files import is_stream
from keras_sounddream.types import PathLike


def check_numbers(seconds: Any, seed: Any, temperature: Any, top_k: Any = None) -> None:
    """Checks the numbers that a generation is given.

    Raises:
        InputError: if one is out of its range.
    """
    if not (_is_number(seconds) and 0 < seconds < float("inf")):
        raise InputError(f"Expected `seconds` above 0. Received: {seconds!r}")
    if not (_is_number(temperature) and 0 <= temperature < float("inf")):
        raise InputError(f"Expected a `temperature` of 0 or more. Received: {temperature!r}")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise InputError(f"Expected a `seed`, an int of 0 or more. Received: {seed!r}")
    if top_k is not None and not (isinstance(top_k, int) and top_k > 0):
        raise InputError(f"Expected a `top_k` of 1 or more. Received: {top_k!r}")


def check_growing(path: PathLike, save_every: Any) -> None:
    """Checks a file that is written as it grows, every `save_every` seconds of sound.

    Raises:
        InputError: if it cannot grow, or `save_every` is no number above 0.
    """
    if not (_is_number(save_every) and save_every > 0):
        raise InputError(f"Expected `save_every` in seconds above 0. Received: {save_every!r}")
    if not str(path).lower().endswith(".wav"):
        raise InputError(f"Only a .wav can be written as it grows (save_every). Received: {path}")
    if is_stream(path):
        raise InputError(f"A pipe or device cannot grow (save_every): leave it out. It is {path}.")


def _is_number(value):
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
