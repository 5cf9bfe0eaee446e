"""Pictures larger than a generator's own, patch by patch, of latents that change with the place.

A generator begins with a map of 4 x 4 cells and goes on with convolutions alone, which take a map
of any size. So patches can be joined before the convolutions, in the map, or behind, as pixels.
"""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_sounddream.applications.generators.generator import Generator
from keras_sounddream.applications.generators.latents import draw_latents, on_sphere
from keras_sounddream.checks import check, choice, integer
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

METHODS = ("maps", "tiles", "mosaic")
MOST = 4096  # pixels of a side
_CELLS = 4  # of a generator's own map, in each direction
_AT_ONCE = 32  # patches


def generate_large(
    generator: Generator,
    size: int | tuple[int, int],
    *,
    method: str = "maps",
    spread: int = 2,
    seed: int = 0,
) -> Array:
    """Makes a picture of any size with a generator of pictures.

    Each patch has a latent of its own, between those of its neighbourhood. There is no structure
    larger than a patch: measured in `docs/benchmarks/models/large_pictures.md`.

    Args:
        generator: `Generator` of pictures.
        size: rows and columns, or one number for both; at least the generator's own, at most 4096.
        method: `"maps"`: patches overlap by half in the map that the convolutions begin with, which
            then go over the whole; `"tiles"`: they overlap by half as pixels, and fade into each
            other; `"mosaic"`: they stand side by side, for comparison.
        spread: patches from one random latent to the next; those between are on the way.
        seed: of the latents.

    Returns:
        float32 `(1, rows, columns, channels)` in [0, 255].

    Raises:
        InputError: if the generator makes sounds, or an argument is out of its range.
    """
    check("method", method, choice(METHODS))
    check("spread", spread, integer(1))
    if not isinstance(generator, Generator):
        raise InputError(f"`generator` must be a Generator. Received: {generator!r}")
    if generator.patches is not None:
        raise InputError(f"{generator.name} makes sounds: large pictures need one of pictures.")
    own = generator.output_shape[1]
    rows, columns = _settle_size(size, own)
    cell = own // _CELLS
    step = _CELLS if method == "mosaic" else _CELLS // 2
    counts = [-(-(length - own) // (step * cell)) + 1 for length in (rows, columns)]
    latents = latent_field(counts, generator.latent_size, spread, seed)
    if method == "maps":
        first, rest = split(generator)
        picture = rest(joined(_patches(first, latents), counts, step))
    else:
        picture = joined(_patches(generator, latents), counts, step * cell)
    pixels = (np.asarray(picture)[:, :rows, :columns] + 1) * 127.5
    return np.clip(pixels, 0, 255).astype("float32")


def latent_field(counts: Any, size: int, spread: int, seed: int) -> Array:
    """Latents `(rows * columns, size)` that change slowly: every `spread`-th is drawn by itself."""
    knots = [-(-(count - 1) // spread) + 1 for count in counts]
    drawn = draw_latents(knots[0] * knots[1], size, seed).reshape(*knots, size)
    across = [_between(count, number, spread) for count, number in zip(counts, knots, strict=True)]
    return on_sphere(np.einsum("rk,cl,klz->rcz", *across, drawn).reshape(-1, size))


def split(generator: Generator) -> tuple[keras.Model, keras.Model]:
    """A generator's first part, from latents to its map, and its convolutions, for any size."""
    reshape = generator.get_layer("reshape")
    first = keras.Model(generator.inputs[0], reshape.output)
    maps = x = keras.Input((None, None, reshape.output.shape[-1]))
    for layer in generator.layers[generator.layers.index(reshape) + 1 :]:
        x = layer(x)
    return first, keras.Model(maps, x)


def joined(patches: Array, counts: Any, step: int) -> Array:
    """Overlapping patches `(count, length, length, channels)` as one `(1, rows, columns, …)`.

    They begin every `step`, and fade into each other where two lie over each other.
    """
    length, channels = patches.shape[1], patches.shape[-1]
    rows, columns = ((count - 1) * step + length for count in counts)
    whole, weights = np.zeros((rows, columns, channels)), np.zeros((rows, columns, 1))
    fade = np.minimum(np.arange(length), np.arange(length)[::-1]) + 0.5
    fade = np.minimum(fade / (length - step), 1.0) if length > step else np.ones(length)
    window = (fade[:, np.newaxis] * fade)[..., np.newaxis]
    for number, patch in enumerate(patches):
        top, left = (place * step for place in divmod(number, counts[1]))
        whole[top : top + length, left : left + length] += window * patch
        weights[top : top + length, left : left + length] += window
    return (whole / weights)[np.newaxis].astype("float32")


def _patches(network: Callable, latents: Array) -> Array:
    call = functools.partial(network, training=False)
    parts = [latents[i : i + _AT_ONCE] for i in range(0, len(latents), _AT_ONCE)]
    return np.concatenate([np.asarray(call(part)) for part in parts])


def _between(count, knots, spread):
    """Shares `(count, knots)` that each place takes of the random latents around it."""
    places = np.arange(count)[:, np.newaxis] / spread
    return np.maximum(1 - np.abs(places - np.arange(knots)), 0)


def _settle_size(size, own):
    rows, columns = size if isinstance(size, tuple | list) and len(size) == 2 else (size, size)
    for length in (rows, columns):
        check("size", length, integer(own, MOST))
    return rows, columns
