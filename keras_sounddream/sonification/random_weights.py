"""A network that was taught nothing, to compare with."""

import keras
import numpy as np


def shuffled(model, seed=0):
    """Makes a copy whose weights tell nothing: each tensor's numbers are put in random order.

    What such a network makes of a sound or a picture is the work of its layers' shapes, not of
    what it was taught: the baseline to compare with.

    Args:
        model: `keras.Model`, functional.
        seed: int.

    Returns:
        `keras.Model`.
    """
    copy = keras.models.clone_model(model)
    generator = np.random.default_rng(seed)
    copy.set_weights(
        [
            generator.permutation(values.ravel()).reshape(values.shape)
            for values in model.get_weights()
        ]
    )
    return copy
