"""WaveNet's layers, each computed in its own way, and its model class."""

import dataclasses
from typing import Any

import keras
from keras import layers, ops

from keras_sounddream.applications.base import CHANNELS_LAST, AudioModel
from keras_sounddream.applications.decoding import decode_steps
from keras_sounddream.applications.wavenet.config import WAVEFORM, WaveNetConfig
from keras_sounddream.audio.mu_law import levels_to_waveform
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, Tensor


@keras.saving.register_keras_serializable(package="keras_sounddream")
class DilatedConv1D(layers.Conv1D):
    """A `Conv1D` without strides or padding, as one matrix product per tap.

    Keras's own is slow for few channels and long sounds, above all dilated ones: its gradient
    moves the whole sound for each convolution.

    Input shape:
        float `(batch, samples, channels)`.

    Output shape:
        float `(batch, samples - (kernel_size - 1) * dilation_rate, filters)`.
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, **{**CHANNELS_LAST, **kwargs})

    def call(self, inputs: Tensor) -> Tensor:
        outputs = 0
        for tap, end in taps(self.kernel_size[0], self.dilation_rate[0]):
            outputs = outputs + ops.matmul(inputs[:, slice(*end)], self.kernel[tap])
        return outputs + self.bias if self.use_bias else outputs


@keras.saving.register_keras_serializable(package="keras_sounddream")
class LevelConv1D(layers.Conv1D):
    """A `Conv1D` of one-hot levels, without bias, by lookup in its kernel.

    The gradient to a level is the slope of the kernel between the level's neighbours.

    Args:
        levels: number of levels.

    Input shape:
        float32 `(batch, samples)`, whole numbers from 0 to `levels - 1`.

    Output shape:
        float `(batch, samples - kernel_size + 1, filters)`.
    """

    def __init__(self, filters: int, kernel_size: int, levels: int, **kwargs: Any) -> None:
        fixed = {"use_bias": False, "autocast": False}
        super().__init__(filters, kernel_size, **{**CHANNELS_LAST, **kwargs, **fixed})
        self.levels = levels
        self.input_spec = None  # a Conv1D's, which requires channels

    def build(self, input_shape: Any) -> None:
        super().build((*input_shape, self.levels))
        self.input_spec = None

    def call(self, inputs: Tensor) -> Tensor:
        inputs = ops.cast(inputs, "float32")
        indices = ops.cast(ops.clip(ops.stop_gradient(inputs), 0, self.levels - 1), "int32")
        moved = ops.cast(inputs - ops.stop_gradient(inputs), self.compute_dtype)  # 0
        kernel = ops.cast(self.kernel, self.compute_dtype)
        above = ops.concatenate([kernel[:, 1:], kernel[:, -1:]], axis=1)
        below = ops.concatenate([kernel[:, :1], kernel[:, :-1]], axis=1)
        slopes = ops.stop_gradient(above - below) / 2
        outputs = 0
        for tap, end in taps(self.kernel_size[0], 1):
            levels = indices[:, slice(*end)]
            slope = ops.take(slopes[tap], levels, axis=0)
            outputs = outputs + ops.take(kernel[tap], levels, axis=0)
            outputs = outputs + ops.expand_dims(moved[:, slice(*end)], -1) * slope
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return super().compute_output_shape((*input_shape[:2], self.levels))

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "levels": self.levels}
        return {name: value for name, value in config.items() if name != "autocast"}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Gate(layers.Multiply):
    """The hyperbolic tangent of a sum, times the sigmoid of another.

    Input shape:
        list of float `(batch, samples or 1, channels)`: the terms of the one sum, then as many of
        the other.

    Output shape:
        float `(batch, samples, channels)`.
    """

    def call(self, inputs: Tensor) -> Tensor:
        half = len(inputs) // 2
        return ops.tanh(sum(inputs[:half])) * ops.sigmoid(sum(inputs[half:]))


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Stretch(layers.Layer):
    """Repeats frames until there is one per sample, and leaves out those before a start.

    Args:
        hop: samples per frame.
        start: number of the first sample of the output.

    Input shape:
        `[frames, like]`, float `(batch, frames, channels)` and `(batch, samples, …)`.

    Output shape:
        float `(batch, samples, channels)`, for the samples from `start` on.
    """

    def __init__(self, hop: int, start: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hop = hop
        self.start = start

    def call(self, inputs: Tensor) -> Tensor:
        frames, like = inputs
        samples = ops.repeat(frames, self.hop, axis=1)
        return samples[:, self.start : self.start + ops.shape(like)[1]]

    def compute_output_shape(self, input_shape: Any) -> Any:
        frames, like = input_shape
        return (*like[:2], frames[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "hop": self.hop, "start": self.start}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class WaveNetModel(AudioModel):
    """A WaveNet, which knows the settings that it is built from and saves them.

    Attributes:
        plan: `WaveNetConfig`.
    """

    plan: Any = None

    @property
    def receptive_field(self) -> int:
        """Number of samples that the next one is predicted from."""
        return self.plan.receptive_field

    @property
    def conditions(self) -> dict[str, tuple[str, ...]]:
        """The labels of each global condition, by its name."""
        return self.plan.conditions

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Tensor:
        waveform = inputs[WAVEFORM] if isinstance(inputs, dict) else inputs
        num_samples = waveform.shape[1] if len(waveform.shape) > 1 else None
        if self.plan and num_samples is not None and num_samples < self.receptive_field:
            raise InputError(
                f"Expected at least {self.receptive_field} samples, from which {self.name} "
                f"predicts the next. Received: {num_samples}. Put silence before them."
            )
        return super().call(inputs, training=training, mask=mask)

    def decode_predictions(self, scores: Any, top: int = 5) -> Any:
        """Names the likeliest next samples, by the model's labels or else by their values."""
        if self.labels is None and self.plan.output == "softmax":
            return decode_steps(scores, level_labels(self.plan.levels), top)
        return super().decode_predictions(scores, top)

    def get_config(self) -> dict[str, Any]:
        names = (field.name for field in dataclasses.fields(WaveNetConfig))
        return {**super().get_config(), "plan": {name: getattr(self.plan, name) for name in names}}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "WaveNetModel":
        config = dict(config)
        plan = WaveNetConfig(**config.pop("plan"))
        return with_plan(super().from_config(config, custom_objects=custom_objects), plan)


def with_plan(model: Any, plan: WaveNetConfig) -> WaveNetModel:
    """The `WaveNetModel`, told its settings, which say its rate and the least length of sound."""
    model.plan, model.sample_rate = plan, plan.sample_rate
    model.lengths = {"min_seconds": plan.receptive_field / plan.sample_rate}
    return model


def level_labels(levels: int) -> list[str]:
    """The samples that levels stand for, as text."""
    samples: Array = levels_to_waveform(range(levels), levels)
    return [f"{sample:+.5f}" for sample in samples]


def taps(width: int, dilation: int) -> list[tuple[int, tuple[int, int | None]]]:
    """For each tap of a filter `(tap, (start, stop))`, the slice of the input it applies to."""
    reach = (width - 1) * dilation
    return [(i, (i * dilation, i * dilation - reach or None)) for i in range(width)]
