"""Cross-fade between two dreams, or other changes, of one sound."""

import numpy as np

from keras_sounddream.types import Array


def crossfade(before: Array, after: Array) -> Array:
    """Cross-fade at constant level from one sound to another.

    Two dreams of the same sound correlate by only 0.0 to 0.6, so that equal-gain fades dip by 1.8
    dB in the median and equal-power fades swell by 0.9 dB. The gains here are those of equal power,
    divided by the level that the sounds' measured correlation adds; those of equal gain where that
    would exceed full scale.

    Args:
        before: float `(samples,)` or `(channels, samples)`, in [-1, 1].
        after: float of the same shape.

    Returns:
        float32 of the same shape, in [-1, 1].
    """
    count = before.shape[-1]
    angle = np.pi / 2 * (np.arange(count) + 0.5) / max(count, 1)
    before, after = before.astype("float64"), after.astype("float64")
    size = np.sqrt(np.sum(before**2) * np.sum(after**2))
    correlation = np.clip(np.sum(before * after) / size, 0.0, 1.0) if size > 0 else 0.0
    mixed = np.cos(angle) * before + np.sin(angle) * after
    level = np.sqrt(1 + correlation * np.sin(2 * angle))
    if np.max(np.abs(mixed / level), initial=0.0) > 1:
        level = np.cos(angle) + np.sin(angle)
    return (mixed / level).astype("float32")
