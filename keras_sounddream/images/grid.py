"""Pictures side by side in one."""

import numpy as np

from keras_sounddream.checks import check, integer
from keras_sounddream.types import Array


def grid(pictures: Array, columns: int, margin: int = 4) -> Array:
    """Lays pictures side by side, in rows, on white.

    Args:
        pictures: uint8 `(count, height, width, 3)`.
        columns: pictures of a row, at most.
        margin: pixels between pictures, and around them.

    Returns:
        uint8 `(rows * (height + margin) + margin, columns * (width + margin) + margin, 3)`.

    Raises:
        InputError: if a number is out of its range.
    """
    check("columns", columns, integer(1))
    check("margin", margin, integer(0))
    count, height, width = pictures.shape[:3]
    columns = min(columns, count)
    rows = -(-count // columns)
    size = rows * (height + margin) + margin, columns * (width + margin) + margin, 3
    whole = np.full(size, 255, "uint8")
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        top, left = margin + row * (height + margin), margin + column * (width + margin)
        whole[top : top + height, left : left + width] = picture
    return whole
