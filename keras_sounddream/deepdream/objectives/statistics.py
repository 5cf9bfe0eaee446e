"""Statistics of activations over their positions, and the terms of style and content.

A statistic takes float32 `(batch, groups, positions, channels)` and the positions' weights,
`(1, groups, positions, 1)` of sum 1, and gives `(batch, kinds, numbers)`: the kinds are compared
each in its own scale.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from keras import ops

from keras_sounddream.checks import check, choice
from keras_sounddream.deepdream.objectives.grids import constant, stretched
from keras_sounddream.deepdream.objectives.spelling import OVER
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, Tensor

_TINY = 1e-12


def gram(features: Tensor, shares: Tensor) -> Tensor:
    """Gram matrix of the channels, for each group: their mean products."""
    products = ops.matmul(ops.transpose(features * shares, (0, 1, 3, 2)), features)
    return _in_one(products)


def power(features: Tensor, shares: Tensor) -> Tensor:
    """Mean square of each channel: the diagonal of the Gram matrix."""
    return _in_one(_mean(ops.square(features), shares))


def correlation(features: Tensor, shares: Tensor) -> Tensor:
    """Correlations of the channels with each other, for each group."""
    centred = features - _mean(features, shares)
    size = ops.sqrt(_mean(ops.square(centred), shares) + _TINY)
    return gram(centred / size, shares)


def moments(features: Tensor, shares: Tensor) -> Tensor:
    """Mean, standard deviation, skewness and kurtosis of each channel: four kinds."""
    mean = _mean(features, shares)
    centred = features - mean
    deviation = ops.sqrt(_mean(ops.square(centred), shares) + _TINY)
    standard = centred / deviation
    cubes = standard * standard * standard
    skewness, kurtosis = _mean(cubes, shares), _mean(cubes * standard, shares)
    kinds = [_in_one(values) for values in (mean, deviation, skewness, kurtosis)]
    return ops.concatenate(kinds, axis=1)


@dataclasses.dataclass(frozen=True)
class Statistic:
    """A statistic of activations.

    Attributes:
        function: see the module.
        kinds: number of kinds.
        per_pair: whether there is a number for each pair of channels, not for each channel.
    """

    function: Callable[[Tensor, Tensor], Tensor]
    kinds: int = 1
    per_pair: bool = True

    def shape(self, groups: int, channels: int) -> tuple[int, int]:
        """Shape `(kinds, numbers)`."""
        return self.kinds, groups * channels ** (2 if self.per_pair else 1)


STATISTICS: dict[str, Statistic] = {
    "gram": Statistic(gram),
    "correlation": Statistic(correlation),
    "power": Statistic(power, per_pair=False),
    "moments": Statistic(moments, kinds=4, per_pair=False),
}


def measure(activation: Tensor, statistic: str, over: str, mask: Array | None = None) -> Tensor:
    """A statistic of an activation `(batch, *positions, channels)`: `(batch, kinds, numbers)`.

    Args:
        activation: float32.
        statistic: key of `STATISTICS`.
        over: `"positions"`, all of them; or `"time"`, the first axis of positions, so that each
            place along the others is a group of its own.
        mask: weights of positions, a grid over the first of their axes; by default all alike.
    """
    ones = ops.ones_like(activation[:1, ..., :1])
    shares = _grouped(ones if mask is None else ones * _mask_over(activation, mask), over)
    shares = shares / (ops.sum(shares, axis=2, keepdims=True) + _TINY)
    return STATISTICS[statistic].function(_grouped(activation, over), shares)


def style_score(
    activation: Tensor,
    statistic: str,
    over: str,
    target: list,
    relative: bool,
    mask: list | None = None,
) -> Tensor:
    """Minus the squared distance of a statistic from a target `(kinds, numbers)`: `(batch,)`.

    Divided by the target's squared norm and averaged over the kinds if `relative`, else by the
    count of numbers.
    """
    wanted = np.asarray(target, "float32")
    squares = ops.square(measure(activation, statistic, over, mask) - constant(wanted[np.newaxis]))
    if relative:
        norms = np.maximum(np.sum(np.square(wanted), axis=1, keepdims=True), _TINY)
        return -ops.mean(ops.sum(squares / constant(norms), axis=2), axis=1)
    return -ops.mean(squares, axis=(1, 2))


def content_score(activation: Tensor, of_source: Tensor, relative: bool) -> Tensor:
    """Minus the squared difference from the source's activations at each position.

    Summed over the channels and divided by the source's mean sum of squares if `relative`, else
    averaged.
    """
    squares = ops.square(activation - of_source)
    if not relative:
        return -ops.mean(squares, axis=-1)
    axes = tuple(range(1, len(activation.shape) - 1))
    size = ops.mean(ops.sum(ops.square(of_source), axis=-1), axis=axes, keepdims=True)
    return -ops.sum(squares, axis=-1) / (size + _TINY)


def check_style(
    name: str,
    shape: tuple,
    statistic: str,
    over: str,
    target: list,
    relative: bool,
    mask: list | None = None,
) -> None:
    """Checks the settings of a term of style against a layer's name and output shape."""
    check("statistic", statistic, choice(STATISTICS))
    check("over", over, choice(OVER))
    groups = shape[2:-1] if over == "time" else ()
    received = np.shape(target)
    if None not in groups:
        expected = STATISTICS[statistic].shape(math.prod(groups), shape[-1])
        if received != expected:
            raise InputError(
                f"Layer {name!r} has a {statistic} of shape {expected} over {over}. "
                f"Received one of shape: {received}"
            )
    if mask is not None and not 1 <= np.ndim(mask) <= len(shape) - 2:
        raise InputError(
            f"Layer {name!r} has {len(shape) - 2} axes of positions: a mask has 1 to as many. "
            f"Received shape: {np.shape(mask)}"
        )


def _mask_over(activation, mask):
    """A mask stretched over the positions: float32 `(1, *positions, 1)`."""
    grid = np.asarray(mask, "float32")
    positions = len(activation.shape) - 2
    grid = constant(grid.reshape(grid.shape + (1,) * (positions - grid.ndim)))
    for axis in range(positions):
        grid = stretched(grid, axis, ops.shape(activation)[axis + 1])
    return grid[None, ..., None]


def _grouped(activation, over):
    """Activations as `(batch, groups, positions, channels)`."""
    shape, channels = ops.shape(activation), activation.shape[-1]
    if over == "positions":
        return ops.reshape(activation, (shape[0], 1, -1, channels))
    groups = math.prod(activation.shape[2:-1]) if None not in activation.shape[2:-1] else -1
    rows = ops.reshape(activation, (shape[0], shape[1], groups, channels))
    return ops.transpose(rows, (0, 2, 1, 3))


def _mean(values, shares):
    return ops.sum(values * shares, axis=2, keepdims=True)


def _in_one(values):
    """Numbers of each group in a row: `(batch, 1, numbers)`."""
    return ops.reshape(values, (ops.shape(values)[0], 1, -1))
