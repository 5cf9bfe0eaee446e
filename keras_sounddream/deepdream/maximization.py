"""Activation maximisation: what drives each unit of a layer most, dreamed from noise."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.network.lookup import find_call
from keras_sounddream.deepdream.objectives.api import register
from keras_sounddream.deepdream.validation import find_kind
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, Tensor

BATCH_SIZE = 8
LENGTHS = {"sound": 1.5, "picture": 128}  # seconds; pixels of height and width
_LOUDNESS = 0.1  # root mean square of noise
_GREY, _SPREAD = 127.5, 25.0  # of noisy pixels


@register("unit_of_each", reads="logits", local=True)
def _unit_of_each(activation: Tensor, units: Tensor) -> Tensor:
    """Each example's own unit before its activation function, at each position."""
    mask = tf.one_hot(units, activation.shape[-1])
    shape = [-1, *[1] * (len(activation.shape) - 2), activation.shape[-1]]
    return tf.reduce_sum(activation * tf.reshape(mask, shape), axis=-1)


def maximize_units(
    model: keras.Model,
    layer: str,
    units: Sequence[int],
    *,
    length: float | None = None,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
    **settings: Any,
) -> Iterator[tuple[int, Array]]:
    """Dreams, from noise, a sound or a picture for each unit (channel) of a layer.

    What is maximised is the unit's mean over positions, before the layer's activation function: so
    a unit that is silent for noise has a gradient, too. Units are dreamed together, each from the
    same noise, and none depends on the others.

    Args:
        model: takes waveforms or pictures.
        layer: name of a layer.
        units: along the layer's last axis.
        length: seconds of the sounds, or pixels of the pictures' height and width; by default
            1.5 s or 128 pixels.
        seed: of the noise, and of everything random in the dream.
        batch_size: units that are dreamed together.
        **settings: arguments of `DeepDream`; by default those of the preset `"from_noise"`.

    Yields:
        `(unit, dream)`: float32 `(samples,)` in [-1, 1], or `(height, width, 3)` in [0, 255].

    Raises:
        InputError: if there is no such layer or unit, or a setting is out of its range.
    """
    units = [int(unit) for unit in units]
    num_units = find_call(model, layer).output.shape[-1]
    for unit in units:
        if not 0 <= unit < num_units:
            raise InputError(f"Layer {layer!r} has units 0 to {num_units - 1}. Received: {unit}")
    batch_size = min(batch_size, max(len(units), 1))
    together = tf.Variable(np.zeros(batch_size, "int32"), trainable=False)
    objective = _unit_of_each(layer, units=together).named(f"units of {layer}")
    settings = {"preset": "from_noise", **settings}
    dream = DeepDream(model, objective, seed=seed, **settings)
    start = np.repeat(noise(model, length, seed), batch_size, axis=0)
    for first in range(0, len(units), batch_size):
        chosen = units[first : first + batch_size]
        together.assign(np.resize(chosen, batch_size))
        dreams = dream.run(start).dream
        yield from zip(chosen, dreams, strict=False)


def noise(model: keras.Model, length: float | None = None, seed: int = 0) -> Array:
    """Noise that a dream of a model can start from.

    Args:
        model: takes waveforms or pictures.
        length: see `maximize_units`.
        seed: of the noise.

    Returns:
        float32 `(1, samples)`, white, in [-1, 1], with a root mean square of 0.1; or
        `(1, size, size, 3)`, grey pixels with a standard deviation of 25.

    Raises:
        InputError: if the model takes neither, or its sample rate is not known.
    """
    kind, rng = find_kind(model), np.random.default_rng(seed)
    length = LENGTHS[kind] if length is None else length
    if kind == "picture":
        size = max(1, round(length))
        pixels = rng.normal(_GREY, _SPREAD, (1, size, size, 3))
        return np.clip(pixels, 0, 255).astype("float32")
    rate = find_sample_rate(model)
    if rate is None:
        raise InputError(f"The sample rate of {model.name} is not known: no layer tells it.")
    samples = rng.normal(0, _LOUDNESS, (1, max(1, round(length * rate))))
    return np.clip(samples, -1, 1).astype("float32")
