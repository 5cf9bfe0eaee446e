"""Checks of guides, their weights and their cells."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_sounddream.audio.loudness import is_silent
from keras_sounddream.deepdream.network.checks import takes_sounds
from keras_sounddream.deepdream.network.lookup import find_call
from keras_sounddream.deepdream.objectives.objective import finite_list
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array


def checked_cells(model: keras.Model, name: str, cells: Sequence[int] | None) -> tuple[int, ...]:
    """Number of cells along each position axis of a layer; none for `None`."""
    if cells is None:
        return ()
    axes = len(find_call(model, name).output.shape) - 2
    if not axes:
        raise InputError(f"Layer {name!r} has no positions to be guided at. Use `guided`.")
    counts = cells if isinstance(cells, list | tuple) else ()
    if not all(isinstance(count, int) and count > 0 for count in counts) or len(counts) < axes:
        raise InputError(
            f"`cells` must be at least {axes} ints above 0 for layer {name!r}. Received: {cells}"
        )
    return tuple(cells[:axes])


def checked_guides(model: keras.Model, guides: Any, called: str = "Guide") -> list[Array]:
    """Guides, or what they are `called`, as float32 arrays of the rank of the model's input.

    Raises:
        InputError: if there is none, or one is empty, silent, not finite or of another shape.
    """
    if not isinstance(guides, list | tuple | np.ndarray):
        received = type(guides).__name__
        raise InputError(f"Expected a list of {called.lower()}s. Received: {received}")
    if len(guides) == 0:
        raise InputError(f"Expected at least one {called.lower()}. Received none.")
    return [
        _checked_guide(model, f"{called} {number}", guide)
        for number, guide in enumerate(guides, start=1)
    ]


def _checked_guide(model, called, guide):
    expected = tuple(model.inputs[0].shape)
    try:
        guide = received = np.asarray(guide, "float32")
    except (TypeError, ValueError):
        received = type(guide).__name__
        raise InputError(f"{called} must be an array. Received: {received}") from None
    if expected[-1] == 1 and len(expected) == 3 and guide.ndim < 3:
        guide = guide[..., None]  # waveforms without their channel
    if guide.ndim == len(expected) - 1:
        guide = guide[None]
    fits = guide.ndim == len(expected) and all(
        size in (None, length) for size, length in zip(expected[1:], guide.shape[1:], strict=True)
    )
    if not fits or not guide.size:
        raise InputError(
            f"{called} must be of the shape that {model.name} takes, {expected}. "
            f"Received shape: {received.shape}"
        )
    if not np.isfinite(guide).all():
        raise InputError(f"{called} must be finite numbers. It holds some that are not.")
    if takes_sounds(model) and is_silent(guide.reshape(len(guide), -1)).any():
        raise InputError(f"{called} is silent: it has no features for a dream to adopt.")
    return guide


def checked_weights(
    weights: Sequence[float] | None, count: int, called: str = "guide"
) -> list[float]:
    """Finite weights of `count` guides, or what they are `called`; `None`: equal, of sum 1."""
    if weights is None:
        return [1 / count] * count
    weights = finite_list("weights", weights, rank=1)
    if len(weights) != count:
        raise InputError(f"Expected {count} `weights`, one per {called}. Received: {len(weights)}")
    return weights
