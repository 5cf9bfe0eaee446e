"""EfficientAT's convolutions: MobileNet, version 3, of two widths."""

from typing import Any, NamedTuple

from keras import initializers, layers

from keras_sounddream.applications.base import CHANNELS_LAST, TOP
from keras_sounddream.types import Tensor

EPSILON = 1e-3  # of the batch normalisations
VARIANTS = {"mn10": 1.0, "mn04": 0.4}  # and how many times as many channels as the tables say
FIRST, _HIDDEN = 16, 1280  # channels of the first convolution and of the layer before the scores
_LAST = 6  # times as many channels in the last convolution as in the block before it
_DROPOUT = 0.2


class Block(NamedTuple):
    """An inverted residual: channels are widened, convolved one by one, weighed and narrowed."""

    kernel: int
    expanded: int
    filters: int
    gated: bool  # squeeze-and-excitation
    activation: str
    strides: int


BLOCKS = (
    Block(3, 16, 16, False, "relu", 1),
    Block(3, 64, 24, False, "relu", 2),
    Block(3, 72, 24, False, "relu", 1),
    Block(5, 72, 40, True, "relu", 2),
    Block(5, 120, 40, True, "relu", 1),
    Block(5, 120, 40, True, "relu", 1),
    Block(3, 240, 80, False, "hard_silu", 2),
    Block(3, 200, 80, False, "hard_silu", 1),
    Block(3, 184, 80, False, "hard_silu", 1),
    Block(3, 184, 80, False, "hard_silu", 1),
    Block(3, 480, 112, True, "hard_silu", 1),
    Block(3, 672, 112, True, "hard_silu", 1),
    Block(5, 672, 160, True, "hard_silu", 2),
    Block(5, 960, 160, True, "hard_silu", 1),
    Block(5, 960, 160, True, "hard_silu", 1),
)


def channels(number: float) -> int:
    """The multiple of 8 nearest to a number of channels, half up, and not below 90 % of it."""
    rounded = max(8, int(number + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * number else rounded


def features(x: Tensor, width: float) -> Tensor:
    """Spectrograms `(batch, frames, bands, 1)` to `(batch, frames / 32, bands / 32, channels)`."""
    x = _convolution(x, "block0_conv", 3, 2, filters=channels(FIRST * width))
    x = _activated(x, "block0_norm", "block0", "hard_silu")
    for number, block in enumerate(BLOCKS, start=1):
        x = _residual(x, f"block{number}", block, width)
    path = f"block{len(BLOCKS) + 1}"
    x = _convolution(x, f"{path}_conv", 1, filters=_LAST * x.shape[-1])
    return _activated(x, f"{path}_norm", path, "hard_silu")


def top(x: Tensor, width: float, classes: int, activation: Any) -> Tensor:
    """Features to the scores `(batch, classes)`."""
    x = layers.GlobalAveragePooling2D(name="embeddings", **CHANNELS_LAST)(x)
    x = layers.Dense(channels(_HIDDEN * width), "hard_silu", name="hidden")(x)
    x = layers.Dropout(_DROPOUT, name="dropout")(x)
    return layers.Dense(classes, activation, dtype="float32", name=TOP)(x)


def _residual(x, path, block, width):
    inputs, expanded = x, channels(block.expanded * width)
    if expanded != x.shape[-1]:
        x = _convolution(x, f"{path}_expand_conv", 1, filters=expanded)
        x = _activated(x, f"{path}_expand_norm", f"{path}_expand", block.activation)
    x = _convolution(x, f"{path}_depthwise_conv", block.kernel, block.strides)
    x = _activated(x, f"{path}_depthwise_norm", f"{path}_depthwise", block.activation)
    if block.gated:
        x = _gated(x, path)
    filters = channels(block.filters * width)
    x = _convolution(x, f"{path}_project_conv", 1, filters=filters)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{path}_project_norm")(x)
    if block.strides == 1 and filters == inputs.shape[-1]:
        return layers.Add(name=path)([inputs, x])
    return layers.Identity(name=path)(x)


def _gated(x, path):
    """Squeeze-and-excitation: each channel times a share that the means of all of them set."""
    number = x.shape[-1]
    means = layers.GlobalAveragePooling2D(keepdims=True, name=f"{path}_means", **CHANNELS_LAST)(x)
    for name, filters, activation in (
        ("squeeze", channels(number // 4), "relu"),
        ("excite", number, "sigmoid"),
    ):
        own = {"activation": activation, "name": f"{path}_{name}", **CHANNELS_LAST}
        means = layers.Conv2D(filters, 1, **own)(means)
    return layers.Multiply(name=f"{path}_gated")([x, means])


def _convolution(x, name, kernel, strides=1, filters=None):
    """A convolution, of each channel alone without `filters`, between zeros as in PyTorch.

    Keras's "same" padding puts all of an odd number of zeros behind where it strides.
    """
    if strides > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad", **CHANNELS_LAST)(x)
    start = initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")
    padding = "valid" if strides > 1 else "same"
    plain = {"padding": padding, "use_bias": False, "name": name, **CHANNELS_LAST}
    if filters is None:
        return layers.DepthwiseConv2D(kernel, strides, depthwise_initializer=start, **plain)(x)
    return layers.Conv2D(filters, kernel, strides, kernel_initializer=start, **plain)(x)


def _activated(x, norm, name, activation):
    x = layers.BatchNormalization(epsilon=EPSILON, name=norm)(x)
    return layers.Activation(activation, name=name)(x)
