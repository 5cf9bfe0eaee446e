"""A layer that changes the rate of waveforms within a network, by convolution with a sinc."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sounddream.checks import check, integer
from keras_sounddream.types import Array, Tensor

_ZERO_CROSSINGS = 24  # of the sinc, to each side
_ROLL_OFF = 0.94  # of half the lower rate, where the filter is down by half
_KAISER_BETA = 9.0  # stop band at -90 dB, as far down as 16 bits reach


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Resample(keras.layers.Layer):
    """Changes the rate of waveforms, band-limited; gradients pass.

    Args:
        from_rate: Hz, of the waveforms that go in.
        to_rate: Hz, of those that come out.

    Input shape:
        float32 `(batch, samples)`.

    Output shape:
        float32 `(batch, samples * to_rate // from_rate)`.

    Raises:
        InputError: if a rate is no int above 0.
    """

    def __init__(self, from_rate: int, to_rate: int, **kwargs: Any):
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.from_rate = check("from_rate", from_rate, integer(1))
        self.to_rate = check("to_rate", to_rate, integer(1))
        divisor = math.gcd(self.from_rate, self.to_rate)
        self._step, self._new = self.from_rate // divisor, self.to_rate // divisor
        self._kernel, self._reach = polyphase(self._step, self._new)

    def call(self, waveform: Tensor) -> Tensor:
        if self._step == self._new:
            return waveform
        count = ops.shape(waveform)[1] * self._new // self._step
        padded = ops.pad(waveform, ((0, 0), (self._reach, self._reach + self._step)))
        kernel = ops.convert_to_tensor(self._kernel)
        phases = ops.conv(
            padded[..., None],
            kernel,
            strides=self._step,
            padding="valid",
            data_format="channels_last",
        )
        made = ops.reshape(phases, (ops.shape(waveform)[0], -1))
        return made[:, :count]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, samples = input_shape
        return batch, None if samples is None else samples * self._new // self._step

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_rate": self.from_rate, "to_rate": self.to_rate}


def polyphase(step: int, new: int) -> tuple[Array, int]:
    """The filters that make `new` samples out of every `step`.

    Returns:
        float32 `(width, 1, new)`, and how many samples before the first of the `step` they read.
    """
    stretch = max(step / new, 1.0)
    reach = math.ceil(_ZERO_CROSSINGS * stretch / _ROLL_OFF)
    inputs = np.arange(step + 2 * reach)[:, np.newaxis] - reach
    distance = (inputs - np.arange(new) * step / new) / stretch  # in samples of the lower rate
    offset = np.abs(distance) * _ROLL_OFF / _ZERO_CROSSINGS
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(1 - offset**2, 0))) / np.i0(_KAISER_BETA)
    window = np.where(offset <= 1, window, 0)
    filters = np.sinc(distance * _ROLL_OFF) * window * _ROLL_OFF / stretch
    return filters[:, np.newaxis].astype("float32"), reach
