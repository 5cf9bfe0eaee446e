"""Octaves: the scales of the coarse-to-fine ascent."""

import numpy as np


def factors(octaves: int, time_factor: float, frequency_factor: float) -> np.ndarray:
    """How much coarser each octave's grid is than the finest: float32 `(octaves, 2)`.

    Columns are time (rows of a picture) and frequency (columns); coarsest first, so the last row
    is `(1, 1)`.

    Example:
        >>> factors(3, 2.0, 1.5).tolist()
        [[4.0, 2.25], [2.0, 1.5], [1.0, 1.0]]
    """
    exponents = np.arange(octaves)[::-1, np.newaxis]
    return (np.array([[time_factor, frequency_factor]]) ** exponents).astype("float32")
