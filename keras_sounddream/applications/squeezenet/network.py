"""SqueezeNet's convolutions: fire modules between poolings."""

from typing import Any

from keras import initializers, layers

from keras_sounddream.applications.base import CHANNELS_LAST, TOP
from keras_sounddream.types import Tensor

BANKS = {  # the layers before each pooling, and the last
    "1.0": {
        "bank1": "conv1",
        "bank2": "fire4_concat",
        "bank3": "fire8_concat",
        "bank4": "fire9_concat",
    },
    "1.1": {
        "bank1": "conv1",
        "bank2": "fire3_concat",
        "bank3": "fire5_concat",
        "bank4": "fire9_concat",
    },
}
FIRST = {"1.0": (96, 7), "1.1": (64, 3)}  # filters and size of the first convolution
_SQUEEZES = (16, 16, 32, 32, 48, 48, 64, 64)  # filters, from fire2 to fire9
_EXPANSION = 4  # times as many filters in each of the two that follow a squeeze
_RELU = {"activation": "relu", "kernel_initializer": "he_uniform", **CHANNELS_LAST}


def features(x: Tensor, version: str) -> Tensor:
    """Pictures `(batch, height, width, 3)` to features `(batch, rows, columns, 512)`."""
    filters, size = FIRST[version]
    last = "conv1"
    x = layers.Conv2D(filters, size, strides=2, name=last, **_RELU)(x)
    for number, squeeze in enumerate(_SQUEEZES, start=2):
        if last in BANKS[version].values():
            x = _pool(x, f"pool{number - 1}")
        x = layers.Conv2D(squeeze, 1, name=f"fire{number}_squeeze1x1", **_RELU)(x)
        parts = [
            layers.Conv2D(
                _EXPANSION * squeeze,
                size,
                padding="same",
                name=f"fire{number}_expand{size}x{size}",
                **_RELU,
            )(x)
            for size in (1, 3)
        ]
        last = f"fire{number}_concat"
        x = layers.Concatenate(name=last)(parts)
    return x


def _pool(x, name):
    """Maximum of 3 x 3 every 2, with the last window that starts inside: x is not negative."""
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{name}_pad", **CHANNELS_LAST)(x)
    return layers.MaxPooling2D(3, 2, name=name, **CHANNELS_LAST)(x)


def top(x: Tensor, classes: int, activation: Any, padding: int) -> Tensor:
    """Features to the scores `(batch, classes)`."""
    x = layers.Dropout(0.5, name="drop9")(x)
    if padding:
        x = layers.ZeroPadding2D(padding, name="conv10_pad", **CHANNELS_LAST)(x)
    start = initializers.RandomNormal(stddev=0.01)
    x = layers.Conv2D(classes, 1, name="conv10", **{**_RELU, "kernel_initializer": start})(x)
    x = layers.GlobalAveragePooling2D(name="pool10", **CHANNELS_LAST)(x)
    return layers.Activation(activation or "linear", dtype="float32", name=TOP)(x)
