"""The random numbers that draws take, of NumPy alone: a file draws by them where no Keras is."""

import numpy as np

NUMBERS = 2  # that a draw takes
MOST_SAMPLES = 2**31 - 2**13  # of a sound: what 32 bits count, and a WAV file holds
_MOST = 1 - 2.0**-23  # below 1 however it is rounded


def random_numbers(seed, batch_size):
    """Makes the random numbers of all draws, the same however many are asked for at once.

    Args:
        seed: int, 0 or more.
        batch_size: int.

    Returns:
        function from a count to float32 `(count, batch_size, NUMBERS)` in [0, 1), the next ones.
        Those of an example do not depend on how many others there are.
    """
    sources = [np.random.default_rng([seed, example]) for example in range(batch_size)]

    def take(count):
        found = np.stack([source.random((count, NUMBERS)) for source in sources], axis=1)
        return np.minimum(found, _MOST).astype("float32")

    return take
