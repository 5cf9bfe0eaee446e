"""Waveforms to levels that are finer where it is quiet, and back (mu-law)."""

import math

import numpy as np
from keras import ops


def waveform_to_levels(waveform, levels=256):
    """Rounds a waveform to levels; its gradient is that of the curve before rounding.

    Args:
        waveform: float32 tensor or array in [-1, 1]; what is beyond counts as the end.
        levels: int, how many there are.

    Returns:
        float32 tensor of the same shape, whole numbers from 0 to `levels - 1`; of 256, silence
        is 128.
    """
    most = levels - 1
    sign = ops.where(waveform < 0, -1.0, 1.0)  # of silence, too, so that it has a gradient
    loudness = ops.minimum(waveform * sign, 1.0)
    place = (sign * ops.log(1 + most * loudness) / math.log(levels) + 1) / 2 * most
    return ops.stop_gradient(ops.floor(place + 0.5)) + (place - ops.stop_gradient(place))


def levels_to_waveform(indices, levels=256):
    """Gives the sample that each level stands for.

    Args:
        indices: array of whole numbers from 0 to `levels - 1`.
        levels: int, how many there are.

    Returns:
        float32 array of the same shape, in [-1, 1].
    """
    most = levels - 1
    place = 2 * np.asarray(indices, "float64") / most - 1
    return (np.sign(place) * (levels ** np.abs(place) - 1) / most).astype("float32")
