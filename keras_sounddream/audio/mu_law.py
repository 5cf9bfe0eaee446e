"""Mu-law quantization: waveforms to integer levels that are finer near silence, and back."""

import math

import numpy as np
from keras import ops

from keras_sounddream.types import Array, Tensor


def waveform_to_levels(waveform: Tensor, levels: int = 256) -> Tensor:
    """Rounds a waveform to mu-law levels; its gradient is that of the curve before rounding.

    Args:
        waveform: float32 in [-1, 1]; values beyond are clipped.
        levels: number of levels.

    Returns:
        float32 tensor of the same shape, integers from 0 to `levels - 1`; of 256, silence is 128.
    """
    top = levels - 1
    waveform = ops.convert_to_tensor(waveform)
    sign = 1 - 2 * ops.cast(waveform < 0, waveform.dtype)  # never 0, so that silence has a gradient
    magnitude = ops.minimum(waveform * sign, 1.0)
    level = (sign * ops.log(1 + top * magnitude) / math.log(levels) + 1) / 2 * top
    return ops.stop_gradient(ops.floor(level + 0.5)) + (level - ops.stop_gradient(level))


def levels_to_waveform(indices: Array, levels: int = 256) -> Array:
    """Returns the sample that each mu-law level stands for.

    Args:
        indices: integers from 0 to `levels - 1`.
        levels: number of levels.

    Returns:
        float32 array of the same shape, in [-1, 1].
    """
    top = levels - 1
    position = 2 * np.asarray(indices, "float64") / top - 1
    return (np.sign(position) * (levels ** np.abs(position) - 1) / top).astype("float32")
