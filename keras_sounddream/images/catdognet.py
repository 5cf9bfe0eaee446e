"""CatDogNet: a plain convolutional classifier of pictures, to be trained from scratch."""

from typing import Any

import keras
from keras import layers

from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

SIZE = 250  # pixels, of height and width
_LEAST = 44  # pixels, of which its layers leave something
_BLOCKS = ((32, 32), (64, 64), (128, 128, 128))  # filters; each block ends in a pooling
_DENSE = (300, 80)
_LAST = {"data_format": "channels_last"}
_POOLINGS = {
    "avg": layers.GlobalAveragePooling2D,
    "max": layers.GlobalMaxPooling2D,
}


def CatDogNet(
    include_top: bool = True,
    weights: PathLike | None = None,
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 2,
    classifier_activation: Any = "softmax",
    name: str = "catdognet",
) -> keras.Model:
    """Builds CatDogNet: seven convolutions of 3 x 3 and three dense layers.

    26,417,534 parameters for pictures of 250 x 250 and two classes, nearly all of them in the
    first dense layer. Layers to dream on: `block1_conv1`, `block1_conv2`, `block2_conv1`,
    `block2_conv2`, `block3_conv1` … `block3_conv3`, each after its ReLU. For arguments not listed
    here see `keras.applications`.

    Args:
        weights: `None` for random ones, or a path of `.weights.h5`; none are published.
        input_shape: `(height, width, 3)`, each 44 or more; by default 250 x 250, and without the
            top any size.

    Returns:
        `keras.Model` from `(batch, height, width, 3)`, red, green and blue in [0, 1], to
        `(batch, classes)`.

    Raises:
        InputError: if `pooling` is unknown, or the pictures are too small for the network.
    """
    if pooling not in (None, *_POOLINGS):
        raise InputError(f"`pooling` must be None, avg or max. Received: {pooling!r}")
    shape = input_shape or ((SIZE, SIZE, 3) if include_top else (None, None, 3))
    inputs = x = keras.Input(shape) if input_tensor is None else input_tensor
    if any(length is not None and length < _LEAST for length in x.shape[1:3]):
        raise InputError(f"CatDogNet takes {_LEAST} x {_LEAST} pixels or more. Received: {shape}")
    for number, block in enumerate(_BLOCKS, start=1):
        for index, filters in enumerate(block, start=1):
            part = f"block{number}_conv{index}"
            x = layers.Conv2D(filters, 3, activation="relu", name=part, **_LAST)(x)
        x = layers.MaxPooling2D(2, name=f"block{number}_pool", **_LAST)(x)
    if include_top:
        x = _top(x, classes, classifier_activation)
    elif pooling:
        x = _POOLINGS[pooling](name=f"{pooling}_pool", **_LAST)(x)
    model = keras.Model(inputs, x, name=name)
    if weights is not None:
        model.load_weights(weights)
    return model


def _top(x, classes, activation):
    """Features to the scores `(batch, classes)`."""
    x = layers.Flatten(name="flatten", **_LAST)(x)
    for number, units in enumerate(_DENSE, start=1):
        x = layers.Dense(units, activation="relu", name=f"dense{number}")(x)
    return layers.Dense(classes, activation=activation, dtype="float32", name="predictions")(x)
