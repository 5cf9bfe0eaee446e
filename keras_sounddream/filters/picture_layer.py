"""The layer of a picture filter: a fully convolutional network changes pixels within a limit."""

from typing import Any

import keras
from keras import layers, ops

from keras_sounddream.filters.layer_settings import OF_PICTURES, checked
from keras_sounddream.images.pixel_range import WHITE
from keras_sounddream.types import Tensor

_KERNEL = 3  # places of a convolution
_STRIDE = 4  # pixels from one place of the network to the next


@keras.saving.register_keras_serializable(package="keras_sounddream")
class PictureChange(layers.Layer):
    """Changes each pixel by at most a limit that the network sets, as a dream's ascent would.

    Two strided convolutions lead to places four pixels apart, where residual dilated convolutions
    follow; a transposed one leads back. No normalisation and no pooling over the picture: a pixel
    is changed by what is near it, in pictures of any size.

    Args:
        width: channels of the network.
        dilations: places between the taps of each convolution.
        limit: the most that a pixel's red, green or blue changes, levels of 255.

    Input shape:
        float32 `(batch, height, width, 3)` in [0, 255], any size.

    Output shape:
        the same.

    Raises:
        InputError: if a setting is out of its range.
    """

    def __init__(
        self,
        width: int = 64,
        dilations: tuple[int, ...] = (1, 2, 4, 8, 4),
        limit: float = 64.0,
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.width, self.dilations, self.limit = checked(
            OF_PICTURES, width=width, dilations=dilations, limit=limit
        )
        self.supports_jit = False  # its loss resizes pictures to sizes that XLA does not know
        self._down = [
            _convolution(width // 2, "down1", 5, strides=2),
            _convolution(width, "down2", _KERNEL, strides=2),
        ]
        self._convolutions = [
            _convolution(width, f"conv{i}", _KERNEL, dilation_rate=rate)
            for i, rate in enumerate(self.dilations, start=1)
        ]
        self._mixes = [_convolution(width, f"mix{i + 1}", 1) for i in range(len(self.dilations))]
        self._up = layers.Conv2DTranspose(
            3,
            2 * _STRIDE,
            _STRIDE,
            "same",
            name="up",
            data_format="channels_last",
            kernel_initializer="zeros",  # at first nothing is changed
        )

    def build(self, input_shape: tuple) -> None:
        channels = 3
        for layer in self._down:
            layer.build((None, None, None, channels))
            channels = layer.filters
        for layer in (*self._convolutions, *self._mixes, self._up):
            layer.build((None, None, None, self.width))

    def call(self, picture: Tensor) -> Tensor:
        x = picture / (WHITE / 2) - 1
        for layer in self._down:
            x = ops.relu(layer(x))
        for convolution, mix in zip(self._convolutions, self._mixes, strict=True):
            x = x + mix(ops.relu(convolution(x)))
        change = ops.slice(self._up(ops.relu(x)), (0, 0, 0, 0), ops.shape(picture))
        return ops.clip(picture + self.limit * ops.tanh(change), 0.0, WHITE)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"width": self.width, "dilations": self.dilations, "limit": self.limit}
        return {**super().get_config(), **own}


def is_picture_filter(model: Any) -> bool:
    """Whether a model is one of `filters.PictureFilter`."""
    layers = getattr(model, "layers", ())
    return any(isinstance(layer, PictureChange) for layer in layers)


def _convolution(filters, name, kernel_size, **settings):
    more = {"name": name, "padding": "same", "data_format": "channels_last", **settings}
    return layers.Conv2D(filters, kernel_size, **more)
