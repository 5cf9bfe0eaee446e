"""Bounds of a mask on a log-magnitude spectrogram: how far each bin may rise."""

from keras import ops

from keras_sounddream.audio.loudness import db_to_nepers
from keras_sounddream.types import Tensor

_PAUSE_DB = 30.0  # below a sound's loudest: frames softer than that are raised up to there
_NOTHING_DB = 90.0  # below it: bins that soft hold no sound, and stay; above, they rise by degrees


def room_to_rise(log_magnitude: Tensor, peak: Tensor, ceiling: float, rise: float) -> Tensor:
    """Room for each bin to rise: where there is sound, and to the loudest of its frame.

    Args:
        log_magnitude: float32 `(batch, frames, bins)`, nepers.
        peak: the sound's loudest bin, float32 `(batch, 1, 1)` or, so far, `(batch, frames, 1)`.
        ceiling: nepers below the loudest of a frame that a bin rises up to.
        rise: the most that a bin rises, nepers.

    Returns:
        float32 `(batch, frames, bins)`, 0 to `rise`.
    """
    loudest = ops.max(log_magnitude, 2, keepdims=True)
    top = ops.maximum(loudest, peak - db_to_nepers(_PAUSE_DB)) - ceiling
    above_nothing = log_magnitude - (peak - db_to_nepers(_NOTHING_DB))
    return ops.clip(ops.minimum(top - log_magnitude, above_nothing), 0.0, rise)
