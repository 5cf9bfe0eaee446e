"""Random weights: a copy of a network without what it learnt, as a baseline."""

import keras
import numpy as np


def shuffle_weights(model: keras.Model, seed: int = 0) -> keras.Model:
    """A copy whose weight tensors are each permuted: only the layers' shapes tell it apart."""
    copy = keras.models.clone_model(model)
    generator = np.random.default_rng(seed)
    copy.set_weights(
        [
            generator.permutation(values.ravel()).reshape(values.shape)
            for values in model.get_weights()
        ]
    )
    return copy
