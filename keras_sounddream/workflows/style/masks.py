"""Masks of styles: spans of a sound, and brightness of a picture file."""

from __future__ import annotations

import math

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

_CELLS = 64  # of a picture's mask, along each side
_CELL_SECONDS = 0.02  # of a sound's


def read_span(text: str) -> tuple[float, float]:
    """Seconds of `"START:END"`, of which a side may be left out: `(start, end)`.

    Raises:
        InputError: if it is no such text, or the span is empty.
    """
    try:
        start, end = str(text).split(":")
        span = float(start or 0), float(end or math.inf)
        if not 0 <= span[0] < span[1]:
            raise ValueError
    except ValueError:
        raise InputError(f"Expected a mask START:END, such as 1.5:3. Received: {text}") from None
    return span


def sound_mask(text: str, seconds: float) -> Array:
    """A mask along time of `"START:END"`, over a sound of a length in seconds: float32 `(cells,)`.

    Raises:
        InputError: if it is no such text, or the span is empty or not in the sound.
    """
    first, last = read_span(text)
    if first >= seconds:
        raise InputError(
            f"Expected a mask within the sound, which lasts {seconds:.2f} s. Received: {text}"
        )
    cells = max(math.ceil(seconds / _CELL_SECONDS), 1)
    edges = np.arange(cells + 1) * seconds / cells
    inside = np.minimum(edges[1:], last) - np.maximum(edges[:-1], first)
    return (np.maximum(inside, 0) * cells / seconds).astype("float32")


def picture_mask(path: PathLike) -> Array:
    """Brightness of a picture file: float32 `(rows, columns)`, 0 to 1, at most 64 each.

    Raises:
        InputError: if it cannot be read.
    """
    from PIL import Image

    from keras_sounddream.images.io import load_picture

    brightness = load_picture(path)[0].mean(axis=-1) / 255
    rows, columns = (min(size, _CELLS) for size in brightness.shape)
    box = Image.Resampling.BOX
    return np.asarray(Image.fromarray(brightness).resize((columns, rows), box), "float32")
