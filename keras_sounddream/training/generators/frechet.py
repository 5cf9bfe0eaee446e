"""The Frechet distance of two sets of pictures or sounds, by features of a network."""

from collections.abc import Callable

import keras
import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

_AT_ONCE = 32


def frechet_distance(first: Array, second: Array) -> float:
    """The squared Frechet distance of two normal distributions that have the features' moments.

    It is `|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½)`: 0 for features of the same means and
    covariances. With few rows it is too large, so compare distances of equal numbers of rows.

    Args:
        first: float array `(rows, features)`, at least two rows.
        second: float array `(rows, features)`.

    Returns:
        float, at least 0.

    Raises:
        InputError: if the arrays are of other shapes, or not finite.

    Reference: Heusel et al., *GANs Trained by a Two Time-Scale Update Rule Converge to a Local
    Nash Equilibrium*, 2017, https://arxiv.org/abs/1706.08500.
    """
    sets = [_checked(features) for features in (first, second)]
    if sets[0].shape[1] != sets[1].shape[1]:
        raise InputError(
            f"Expected as many features of both. Received: {sets[0].shape} and {sets[1].shape}"
        )
    means = [features.mean(axis=0) for features in sets]
    covariances = [np.atleast_2d(np.cov(features, rowvar=False)) for features in sets]
    root = _root(covariances[0])
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ covariances[1] @ root), 0)).sum()
    traces = sum(np.trace(covariance) for covariance in covariances)
    distance = np.sum(np.square(means[0] - means[1])) + traces - 2 * cross
    return float(max(distance, 0.0))


def features_of(network: keras.Model, inputs: Array) -> Array:
    """Activations of a network, averaged over all positions: float32 `(batch, channels)`."""
    parts = [
        keras.ops.convert_to_numpy(network(inputs[i : i + _AT_ONCE], training=False))
        for i in range(0, len(inputs), _AT_ONCE)
    ]
    features = np.concatenate(parts)
    return features.mean(axis=tuple(range(1, features.ndim - 1))) if features.ndim > 2 else features


def sound_features(sample_rate: int) -> Callable[[Array], Array]:
    """A function from waveforms `(batch, samples)` to features of LogMelCNN, `(batch, 192)`.

    Args:
        sample_rate: Hz, of the waveforms.
    """
    from keras_sounddream.applications.log_mel_cnn import LogMelCNN
    from keras_sounddream.audio.io import resample

    network = LogMelCNN(include_top=False, pooling="avg")
    rate = network.sample_rate
    return lambda waveforms: features_of(network, resample(waveforms, sample_rate, rate))


def _checked(features):
    try:
        features = np.asarray(features, "float64")
    except (TypeError, ValueError):
        kind = type(features).__name__
        raise InputError(f"Expected features, an array of numbers. Received: {kind}") from None
    if features.ndim != 2 or len(features) < 2:
        raise InputError(f"Expected features (rows, features). Received shape: {features.shape}")
    if not np.isfinite(features).all():
        raise InputError("Expected features of finite numbers. Some are not.")
    return features


def _root(covariance):
    """The symmetric square root of a covariance."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
