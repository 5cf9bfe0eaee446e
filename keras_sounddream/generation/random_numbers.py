"""Random numbers for drawing samples, with NumPy alone: the lite runtime has no Keras."""

from collections.abc import Callable

import numpy as np

from keras_sounddream.types import Array

NUMBERS = 2  # per draw
MOST_SAMPLES = 2**31 - 2**13  # of a sound: limit of 32-bit counts and of WAV files
_MOST = 1 - 2.0**-23  # below 1 however it is rounded


def random_numbers(seed: int, batch_size: int) -> Callable[[int], Array]:
    """A function from a count to the next float32 `(count, batch_size, NUMBERS)` in [0, 1).

    The numbers of an example depend neither on the batch size nor on how many are made at once.
    """
    sources = [np.random.default_rng([seed, example]) for example in range(batch_size)]

    def take(count):
        values = np.stack([source.random((count, NUMBERS)) for source in sources], axis=1)
        return np.minimum(values, _MOST).astype("float32")

    return take
