"""Layers that stand around somebody else's network, so that it takes sounds of any length."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sounddream.audio.spectral.stft import frames_of
from keras_sounddream.types import Array, Tensor


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Windows(keras.layers.Layer):
    """Cuts waveforms into windows that overlap by half, each a separate example from here on.

    Zeros fill the last window, and a waveform that is shorter than one.

    Args:
        length: samples of a window.

    Input shape:
        float32 `(batch, samples)`.

    Output shape:
        float32 `(batch * windows, length)`, those of the first example first.

    Attributes:
        splits_examples: `True`, which `DeepDream` takes into account.
    """

    splits_examples = True

    def __init__(self, length: int, **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.length = length

    def call(self, waveform: Tensor) -> Tensor:
        num_samples, step = ops.shape(waveform)[1], _step(self.length)
        count = count_windows(num_samples, self.length)
        missing = self.length + (count - 1) * step - num_samples
        padded = ops.pad(waveform, ((0, 0), (0, missing)))
        return ops.reshape(frames_of(padded, self.length, step), (-1, self.length))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, num_samples = input_shape
        if batch is None or num_samples is None:
            return (None, self.length)
        return (batch * count_windows(num_samples, self.length), self.length)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "length": self.length}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class JoinWindows(keras.layers.Layer):
    """Joins what a network makes of an example's windows: scores as their mean, else along time.

    Args:
        length: samples of a window.

    Input shape:
        float `(batch * windows, channels)` or `(batch * windows, steps, …, channels)`, and the
        waveform `(batch, samples)` before `Windows`.

    Output shape:
        float32 `(batch, channels)` or `(batch, windows * steps, …, channels)`.

    Attributes:
        splits_examples: `False`: the first axis of the output is that of the examples.
    """

    splits_examples = False

    def __init__(self, length: int, **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.length = length

    def call(self, outputs: Tensor, waveform: Tensor) -> Tensor:
        count = count_windows(ops.shape(waveform)[1], self.length)
        if len(outputs.shape) == 2:
            return ops.mean(ops.reshape(outputs, (-1, count, outputs.shape[-1])), axis=1)
        steps, *rest = ops.shape(outputs)[1:]
        return ops.reshape(outputs, (-1, count * steps, *rest))

    def compute_output_shape(self, outputs_shape: tuple, waveform_shape: tuple) -> tuple:
        (batch, num_samples), (_, *rest) = waveform_shape, outputs_shape
        if len(rest) == 1:
            return (batch, *rest)
        known = num_samples is not None and rest[0] is not None
        steps = count_windows(num_samples, self.length) * rest[0] if known else None
        return (batch, steps, *rest[1:])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "length": self.length}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Constant(keras.layers.Layer):
    """The same value for every example of a batch.

    Args:
        value: numbers, without a batch axis.
        kind: dtype of the output.

    Input shape:
        any, with a batch axis.

    Output shape:
        `(batch, *value's)`.
    """

    def __init__(self, value: Array, kind: str = "float32", **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.value, self.kind = np.asarray(value, kind), kind

    def call(self, inputs: Tensor) -> Tensor:
        value = ops.convert_to_tensor(self.value[np.newaxis], self.kind)
        return ops.broadcast_to(value, (ops.shape(inputs)[0], *self.value.shape))

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((inputs.shape[0], *self.value.shape), self.kind)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "value": self.value.tolist(), "kind": self.kind}


def count_windows(num_samples: Any, length: int) -> Any:
    """Windows of a waveform: of an int, or of an int tensor."""
    over = -((length - num_samples) // _step(length))  # windows beyond the first, rounded up
    return 1 + (max(over, 0) if isinstance(num_samples, int) else ops.maximum(over, 0))


def _step(length):
    return -(-length // 2)
