"""The front end of a network for pictures: from pixels in [0, 255] to what its weights expect."""

from typing import Any

import keras
from keras import ops

from keras_sounddream import checks
from keras_sounddream.errors import InputError
from keras_sounddream.images.pixel_range import WHITE
from keras_sounddream.types import Tensor

MODES = {  # what a network takes: in words
    "tf": "[-1, 1]",
    "torch": "[0, 1], normalised by ImageNet's mean and deviation",
    "caffe": "blue first, less ImageNet's mean",
    "unit": "[0, 1]",
    "none": "[0, 255]",
}


def preprocess(picture: Tensor, mode: str) -> Tensor:
    """Converts pixels in [0, 255] to what a network takes.

    Args:
        picture: float32 `(batch, height, width, 3)` in [0, 255].
        mode: one of `MODES`; `"tf"`, `"torch"` and `"caffe"` are those of `keras.applications`.

    Returns:
        float32 of the same shape.

    Raises:
        InputError: if there is no such mode.
    """
    if mode not in MODES:
        raise InputError(f"`preprocessing` must be one of {', '.join(MODES)}. Received: {mode!r}")
    if mode == "unit":
        return picture / WHITE
    if mode == "none":
        return picture
    picture = ops.convert_to_tensor(picture)
    return keras.applications.imagenet_utils.preprocess_input(
        picture, data_format="channels_last", mode=mode
    )


@keras.saving.register_keras_serializable(package="keras_sounddream")
class PixelScaling(keras.layers.Layer):
    """`preprocess` as a layer, which is saved with the network.

    So pixels cannot be preprocessed twice, or not at all.

    Args:
        mode: one of `MODES`.
        **kwargs: of `keras.layers.Layer`.

    Input and output shape: float `(batch, height, width, 3)`.

    Raises:
        InputError: if there is no such mode.
    """

    def __init__(self, mode: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mode = checks.check("mode", mode, checks.choice(MODES))

    def call(self, pixels: Tensor) -> Tensor:
        return preprocess(pixels, self.mode)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}
