"""YAMNet's convolutions: MobileNet, version 1."""

from keras import layers

from keras_sounddream.applications.base import CHANNELS_LAST
from keras_sounddream.applications.yamnet.weights import EPSILON
from keras_sounddream.types import Tensor

# Stride and filters per layer: a convolution, then pairs of a depthwise and a pointwise one.
LAYERS = (
    (2, 32),
    (1, 64),
    (2, 128),
    (1, 128),
    (2, 256),
    (1, 256),
    (2, 512),
    *((1, 512),) * 5,
    (2, 1024),
    (1, 1024),
)
_PLAIN = {"padding": "same", "use_bias": False, **CHANNELS_LAST}


def convolutions(x: Tensor, most: float | None) -> Tensor:
    """Spectrograms `(batch, frames, bands, 1)` to `(batch, frames / 32, bands / 32, 1024)`."""
    for number, (strides, filters) in enumerate(LAYERS, start=1):
        path = f"layer{number}"
        if number == 1:
            x = layers.Conv2D(filters, 3, strides, **_PLAIN, name=f"{path}_conv")(x)
            x = _normed(x, path, most)
            continue
        x = layers.DepthwiseConv2D(3, strides, **_PLAIN, name=f"{path}_depthwise_conv")(x)
        x = _normed(x, f"{path}_depthwise", most)
        x = layers.Conv2D(filters, 1, **_PLAIN, name=f"{path}_pointwise_conv")(x)
        x = _normed(x, f"{path}_pointwise", most)
    return x


def _normed(x, path, most):
    norm = layers.BatchNormalization(scale=False, epsilon=EPSILON, name=f"{path}_norm")
    return layers.ReLU(most, name=f"{path}_relu")(norm(x))
