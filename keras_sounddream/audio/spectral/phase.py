"""Magnitude and phase of a spectrogram."""

import math

from keras import ops

_TINY = 1e-20
_FLOOR = 1e-7  # magnitude below which nothing is heard: -140 dB


def to_polar(real, imaginary):
    """Parts a complex spectrogram into loudness and direction.

    Args:
        real: float32 `(batch, frames, bins)`.
        imaginary: float32 `(batch, frames, bins)`.

    Returns:
        `(log_magnitude, cosine, sine)`, each float32 `(batch, frames, bins)`; natural logarithm,
        with a floor at -140 dB. Where there is no sound the direction is zero.
    """
    magnitude = ops.sqrt(ops.square(real) + ops.square(imaginary) + _TINY)
    return ops.log(magnitude + _FLOOR), real / magnitude, imaginary / magnitude


def from_polar(log_magnitude, cosine, sine):
    """Puts a complex spectrogram together again.

    Args:
        log_magnitude: float32 `(batch, frames, bins)`, natural logarithm.
        cosine: float32 `(batch, frames, bins)`.
        sine: float32 `(batch, frames, bins)`.

    Returns:
        `(real, imaginary)`, each float32 `(batch, frames, bins)`.
    """
    magnitude = ops.exp(log_magnitude)
    return magnitude * cosine, magnitude * sine


def nepers_to_db(nepers):
    """Converts natural logarithms of magnitude to decibels.

    Args:
        nepers: float or array.

    Returns:
        the same shape, dB.
    """
    return nepers * (20 / math.log(10))


def db_to_nepers(db):
    """Converts decibels to natural logarithms of magnitude.

    Args:
        db: float or array, dB.

    Returns:
        the same shape.
    """
    return db * (math.log(10) / 20)
