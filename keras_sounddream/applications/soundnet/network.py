"""SoundNet's convolutions and heads, from tables."""

import dataclasses
from typing import Any

import keras
from keras import initializers, layers, ops

from keras_sounddream.applications import base
from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor

SAMPLE_RATE = 22050
SCALES = {"demo": 256.0, "esc50_eval": 512.0}  # what a waveform of [-1, 1] is multiplied by
_NORM = {"epsilon": 1e-5, "momentum": 0.9}  # the original's, like the initial values
_OWN_HEAD = (4, 1, 0)  # as the original is fine-tuned
_NO_HEAD = (1, 1, 0)


@dataclasses.dataclass(frozen=True)
class SoundNetConfig:
    """A network as a table.

    Attributes:
        convolutions: `(filters, length, pooling)` of each; it has a stride of 2 and half its
            length of zeros on both sides; a pooling of 1 means none.
        head: `(length, stride, padding)` of the convolutions that score; the padding is of zeros
            before the sound. The original's zeros after it are read by no step of 20 s.
    """

    convolutions: tuple[tuple[int, int, int], ...]
    head: tuple[int, int, int]

    @property
    def pooled(self) -> list[bool]:
        """For each convolution whether it is pooled."""
        return [pooling > 1 for *_, pooling in self.convolutions]

    @property
    def unread(self) -> int:
        """Last frames of the last convolution, those that depend on the zeros behind the sound.

        Of 20 s, the length of training, the original's heads read none of them, and trained weights
        give there what they give nowhere else: in SoundNet8 hundreds of times the other frames.
        """
        _, length, _ = self.convolutions[-1]
        return length // 2 // 2

    def least_samples(self, frames: int) -> int:
        """Length of the shortest sound that gives so many frames after the last convolution."""
        for _, _, pooling in reversed(self.convolutions):
            frames = 2 * (frames * pooling - 1)
        return frames


EIGHT = SoundNetConfig(
    convolutions=(
        (16, 64, 8),
        (32, 32, 8),
        (64, 16, 1),
        (128, 8, 1),
        (256, 4, 4),
        (512, 4, 1),
        (1024, 4, 1),
    ),
    head=(8, 2, 0),
)
FIVE = SoundNetConfig(
    convolutions=((32, 64, 8), (64, 32, 8), (128, 16, 8), (256, 8, 1)),
    head=(16, 12, 4),
)


@keras.saving.register_keras_serializable(package="keras_sounddream")
class LongEnough(layers.Identity):
    """Refuses sounds that are too short for what follows; leaves the others unchanged.

    Without it, a convolution on too few frames gives an error on some machines, nothing on others,
    and with oneDNN on the CPU its own input.

    Args:
        frames: number that is needed.
        seconds: length of the shortest sound that has them, for the error.

    Input shape:
        float32 `(batch, frames, channels)`.

    Output shape:
        The same.

    Raises:
        InputError: if there are fewer frames; where their number is known only while a graph
            runs, TensorFlow's own error.
    """

    def __init__(self, frames: int, seconds: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.frames = frames
        self.seconds = seconds

    def call(self, inputs: Tensor) -> Tensor:
        if self._count(inputs.shape) is not None:
            return inputs
        batch, frames, channels = ops.shape(inputs)
        first = ops.slice(inputs, [0, 0, 0], (batch, self.frames, channels))  # fails on fewer
        start = [0, self.frames, 0]
        rest = ops.slice(inputs, start, (batch, frames - self.frames, channels))
        return ops.concatenate([first, rest], axis=1)

    def compute_output_spec(self, inputs: Tensor) -> Any:
        self._count(inputs.shape)
        return super().compute_output_spec(inputs)

    def _count(self, shape):
        if shape[1] is not None and shape[1] < self.frames:
            raise InputError(
                f"Expected at least {self.seconds:.2f} s of sound, {self.frames} frames of the "
                f"last convolution. Received: {shape[1]} frames. Give a longer or repeated sound."
            )
        return shape[1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "frames": self.frames, "seconds": self.seconds}


def begin(
    input_tensor: Any, input_shape: Any, scale: str, include_front_end: bool
) -> tuple[Tensor, Tensor]:
    """The input `(batch, samples)`, and the same scaled by `SCALES[scale]` in a front end."""
    name = "waveform" if include_front_end else "scaled_waveform"
    inputs = base.settle_input(input_tensor, input_shape or (None,), name)
    if not include_front_end:
        return inputs, inputs
    return inputs, layers.Rescaling(SCALES[scale], name="front_end")(inputs)


def convolve(x: Tensor, plan: SoundNetConfig) -> Tensor:
    """Scaled waveforms `(batch, samples)` to features `(batch, frames, channels)`."""
    x = layers.Reshape((-1, 1), name="add_channel")(x)
    for number, (filters, length, pooling) in enumerate(plan.convolutions, start=1):
        path = f"conv{number}"
        x = _padded_convolution(x, path, filters, length, 2, (length // 2, length // 2))
        gamma = initializers.RandomNormal(mean=1.0, stddev=0.02)
        x = layers.BatchNormalization(gamma_initializer=gamma, name=f"{path}_norm", **_NORM)(x)
        x = layers.ReLU(name=f"{path}_relu")(x)
        if pooling > 1:
            x = layers.MaxPooling1D(pooling, name=f"pool{number}", **base.CHANNELS_LAST)(x)
    return x


def read_frames(x: Tensor, plan: SoundNetConfig, widths: int | dict[str, int] | None) -> Tensor:
    """The frames of `convolve` that are read: without the last `plan.unread`, for heads enough."""
    seconds = least_seconds(plan, widths)
    x = LongEnough(_frames(plan, widths), seconds, name="long_enough")(x)
    return layers.Cropping1D((0, plan.unread), name="without_end")(x)


def score(
    x: Tensor, plan: SoundNetConfig, widths: int | dict[str, int], activation: Any
) -> Tensor | dict[str, Tensor]:
    """Class scores of features `(batch, frames, channels)`.

    `widths` is a dict from the name of a head to its classes, for a dict of scores
    `(batch, steps, classes)`; or an int, for scores `(batch, classes)`, the mean over time.
    """
    x = read_frames(x, plan, widths)
    length, stride, padding = _head(plan, widths)
    row = (length, stride, (padding, 0))
    if isinstance(widths, int):
        x = _padded_convolution(x, base.TOP, widths, *row)
        x = layers.GlobalAveragePooling1D(name="mean_pool", **base.CHANNELS_LAST)(x)
        return layers.Activation(activation, dtype="float32", name="scores")(x)
    outputs = {path: _padded_convolution(x, path, n, *row) for path, n in widths.items()}
    return {
        path: layers.Activation(activation, dtype="float32", name=f"{path}_scores")(scores)
        for path, scores in outputs.items()
    }


def least_seconds(plan: SoundNetConfig, widths: int | dict[str, int] | None) -> float:
    """Length of the shortest sound that the heads take; `widths` of `None` for no heads."""
    return plan.least_samples(_frames(plan, widths)) / SAMPLE_RATE


def _frames(plan, widths):
    """Frames that the heads need, with those that they do not read."""
    length, _, padding = _head(plan, widths)
    return length - padding + plan.unread


def _head(plan, widths):
    """The row of the heads: `(length, stride, zeros before)`."""
    if widths is None:
        return _NO_HEAD
    return _OWN_HEAD if isinstance(widths, int) else plan.head


def _padded_convolution(x, path, filters, length, stride, padding):
    """A convolution with so many zeros before and after: not Keras's `"same"`."""
    if any(padding):
        x = layers.ZeroPadding1D(padding, name=f"{path}_pad", **base.CHANNELS_LAST)(x)
    normal = initializers.RandomNormal(stddev=0.01)
    settings = {"kernel_initializer": normal, **base.CHANNELS_LAST}
    return layers.Conv1D(filters, length, stride, name=path, **settings)(x)
