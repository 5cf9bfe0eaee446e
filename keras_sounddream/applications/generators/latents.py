"""Latents of generators: points on a sphere, drawn by a seed, and paths between them.

Normally distributed numbers of many dimensions lie near a sphere whose radius is the root of their
number. Latents are taken on it, in training and later, so that all of them are alike.
"""

import itertools
from typing import Any

import numpy as np

from keras_sounddream.checks import check, integer, seed
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array


def on_sphere(latents: Array) -> Array:
    """Latents `(batch, size)` at a root mean square of 1, float32 of the same shape."""
    latents = np.asarray(latents, "float64")
    rms = np.sqrt(np.mean(np.square(latents), axis=-1, keepdims=True))
    return (latents / np.maximum(rms, 1e-12)).astype("float32")


def as_latents(latents: Any) -> Array:
    """Latents as a float32 array of any shape, checked to be numbers.

    Raises:
        InputError: if some are not finite, or all numbers of one are 0.
    """
    try:
        latents = np.asarray(latents, "float32")
    except (TypeError, ValueError):
        kind = type(latents).__name__
        raise InputError(f"Expected latents, an array of numbers. Received: {kind}") from None
    if not np.isfinite(latents).all() or not np.abs(latents).max(axis=-1, initial=0.0).all():
        raise InputError("Expected latents of finite numbers, none of 0 alone.")
    return latents


def draw_latents(count: int, size: int, seed_number: int = 0) -> Array:
    """Draws random latents.

    Args:
        count: how many.
        size: numbers of each.
        seed_number: the same seed gives the same latents.

    Returns:
        float32 `(count, size)`, with a root mean square of 1 each.

    Raises:
        InputError: if a number is out of its range.
    """
    check("count", count, integer(1, 1_000_000))
    check("seed", seed_number, seed())
    rng = np.random.default_rng(seed_number % 2**32)
    return on_sphere(rng.normal(size=(count, size)))


def interpolate(latents: Array, steps: int) -> Array:
    """Paths on the sphere from each of some latents to the next, at equal angles.

    Args:
        latents: float `(count, size)`, at least two, none opposite to the one before it.
        steps: of each path.

    Returns:
        float32 `((count - 1) * steps + 1, size)`; every `steps`-th row is one of `latents`.

    Raises:
        InputError: if there are fewer than two, or no steps, or two are opposite or no latents.
    """
    check("steps", steps, integer(1))
    if np.ndim(latents) != 2 or len(latents) < 2:
        raise InputError(f"Expected two latents or more. Received shape: {np.shape(latents)}")
    latents = on_sphere(as_latents(latents)).astype("float64")
    paths = [_arc(a, b, steps) for a, b in itertools.pairwise(latents)]
    return np.concatenate([*paths, latents[-1:]]).astype("float32")


def _arc(first, last, steps):
    """Points from `first` on, before `last`: `(steps, size)`."""
    angle = np.arccos(np.clip(np.mean(first * last), -1, 1))
    shares = np.arange(steps)[:, np.newaxis] / steps
    if angle < 1e-6:
        return np.repeat(first[np.newaxis], steps, axis=0)
    if angle > np.pi - 1e-3:
        raise InputError("Expected latents that are not opposite: many ways lead to those.")
    weights = np.sin((1 - shares) * angle), np.sin(shares * angle)
    return (weights[0] * first + weights[1] * last) / np.sin(angle)
