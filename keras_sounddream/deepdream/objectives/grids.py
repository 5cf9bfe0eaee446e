"""Grids over the positions of a layer: coordinates, boxes, and interpolation to its size."""

import numpy as np
from keras import ops

from keras_sounddream.types import Array, Tensor


def constant(values: Array) -> Tensor:
    """Numbers as a float32 tensor."""
    return ops.convert_to_tensor(np.asarray(values, "float32"))


def inside_of(length: Tensor, start: float, stop: float) -> Tensor:
    """1 for the positions whose middle lies in a span, at least the nearest one; 0 elsewhere."""
    count = ops.cast(length, "float32")
    middles = (_numbers_to(length) + 0.5) / count
    reach = ops.maximum((stop - start) / 2, 0.5 / count) + 1e-6
    return ops.cast(ops.abs(middles - (start + stop) / 2) <= reach, "float32")


def stretched(grid: Tensor, axis: int, length: Tensor) -> Tensor:
    """Interpolates linearly between the middles of a grid's cells, level beyond the outermost."""
    cells = grid.shape[axis]
    middles = (_numbers_to(length) + 0.5) / ops.cast(length, "float32") * cells - 0.5
    positions = ops.clip(middles, 0.0, cells - 1.0)  # (length,), in cells
    shares = ops.relu(1.0 - ops.abs(positions[:, None] - _numbers_to(cells)))  # (length, cells)
    return ops.moveaxis(ops.tensordot(shares, ops.moveaxis(grid, axis, 0), axes=1), 0, axis)


def _numbers_to(length):
    return ops.cast(ops.arange(length), "float32")
