"""Edges of a changed sound: what frames that reach beyond it would leave there."""

import numpy as np
from keras import ops

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.types import Tensor


def fade_edges(change: Tensor, analysis: Analysis) -> Tensor:
    """A change of a sound that fades in at its beginning and out at its end.

    Frames that a filter changed spread over their whole length; where they reach beyond the sound
    they are cut, and the cut is heard as a click. Half a Hann window at each edge, a quarter of a
    frame long, takes it away.

    Args:
        change: float32 `(batch, samples)`, at least a frame.
        analysis: whose frames were changed.

    Returns:
        float32 of the same shape.
    """
    samples = max(analysis.frame_length // 4, 1)
    rise = np.sin(np.pi / 2 * (np.arange(samples) + 0.5) / samples) ** 2
    rise = rise.astype("float32")
    parts = [change[:, :samples] * rise, change[:, samples:-samples]]
    return ops.concatenate([*parts, change[:, -samples:] * rise[::-1]], axis=1)
