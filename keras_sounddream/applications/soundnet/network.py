"""SoundNet's convolutions and heads, from tables."""

import dataclasses

import keras
from keras import initializers, layers, ops

import keras_sounddream.applications.base as _common
from keras_sounddream.errors import InputError

SAMPLE_RATE = 22050
SCALES = {"demo": 256.0, "esc50_eval": 512.0}  # what a waveform of [-1, 1] is multiplied by
_NORM = {"epsilon": 1e-5, "momentum": 0.9}  # the original's, as are the initial values
_OWN_HEAD = (4, 1, 0)  # as the original is fine-tuned


@dataclasses.dataclass(frozen=True)
class SoundNetConfig:
    """A network as a table.

    Attributes:
        convolutions: tuple of `(filters, length, pooling)`; each has a stride of 2 and half its
            length of zeros on both sides, and is pooled by 1 if not at all.
        head: `(length, stride, padding)` of the convolutions that score.
    """

    convolutions: tuple
    head: tuple

    @property
    def pooled(self):
        """For each convolution whether it is pooled: list of bool."""
        return [pooling > 1 for *_, pooling in self.convolutions]

    def least_samples(self, frames):
        """Length of the shortest sound of which the last convolution makes so many frames."""
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
    """Refuses sounds of which a head makes no step; passes the others on as they are.

    Without it, a convolution on too few frames gives an error on some machines, nothing on others,
    and with oneDNN on the CPU its own input.

    Args:
        frames: int, that the head needs.
        seconds: float, length of the shortest sound that has them, for the error.

    Input shape:
        float32 `(batch, frames, channels)`.

    Output shape:
        the same.

    Raises:
        InputError: if there are fewer frames; where their number is known only while a graph
            runs, TensorFlow's own error.
    """

    def __init__(self, frames, seconds, **kwargs):
        super().__init__(**kwargs)
        self.frames = frames
        self.seconds = seconds

    def call(self, inputs):
        if self._count(inputs.shape) is not None:
            return inputs
        batch, frames, channels = ops.shape(inputs)
        first = ops.slice(inputs, [0, 0, 0], (batch, self.frames, channels))  # fails on fewer
        start = [0, self.frames, 0]
        rest = ops.slice(inputs, start, (batch, frames - self.frames, channels))
        return ops.concatenate([first, rest], axis=1)

    def compute_output_spec(self, inputs):
        self._count(inputs.shape)
        return super().compute_output_spec(inputs)

    def _count(self, shape):
        if shape[1] is not None and shape[1] < self.frames:
            raise InputError(
                f"Expected at least {self.seconds:.2f} s of sound, {self.frames} frames before the "
                f"last convolution. Received: {shape[1]} frames. Give a longer or repeated sound."
            )
        return shape[1]

    def get_config(self):
        return {**super().get_config(), "frames": self.frames, "seconds": self.seconds}


def begin(input_tensor, input_shape, scale, include_front_end):
    """Makes the input, and scales it.

    Args:
        input_tensor: Keras tensor or `None`, as of the constructors.
        input_shape: tuple or `None`, likewise.
        scale: str, key of `SCALES`.
        include_front_end: bool, whether anything is scaled.

    Returns:
        `(inputs, x)`, Keras tensors `(batch, samples)`.
    """
    name = "waveform" if include_front_end else "scaled_waveform"
    inputs = _common.settle_input(input_tensor, input_shape or (None,), name)
    if not include_front_end:
        return inputs, inputs
    return inputs, layers.Rescaling(SCALES[scale], name="front_end")(inputs)


def convolve(x, plan):
    """Applies what is before the heads.

    Args:
        x: Keras tensor `(batch, samples)`, scaled.
        plan: `SoundNetConfig`.

    Returns:
        Keras tensor `(batch, frames, channels)`.
    """
    x = layers.Reshape((-1, 1), name="add_channel")(x)
    for number, (filters, length, pooling) in enumerate(plan.convolutions, start=1):
        path = f"conv{number}"
        x = _padded_convolution(x, path, filters, length, 2, length // 2)
        gamma = initializers.RandomNormal(mean=1.0, stddev=0.02)
        x = layers.BatchNormalization(gamma_initializer=gamma, name=f"{path}_norm", **_NORM)(x)
        x = layers.ReLU(name=f"{path}_relu")(x)
        if pooling > 1:
            x = layers.MaxPooling1D(pooling, name=f"pool{number}")(x)
    return x


def score(x, plan, widths, activation):
    """Puts the original's heads on the network, or one of one's own.

    Args:
        x: Keras tensor `(batch, frames, channels)`.
        plan: `SoundNetConfig`.
        widths: dict from the name of a head to its classes, or int for a head of one's own.
        activation: str, function or `None`, of the scores.

    Returns:
        dict from name to Keras tensor `(batch, steps, classes)`, or Keras tensor
        `(batch, classes)`, the mean over time.
    """
    if isinstance(widths, int):
        x = _long_enough(x, plan, _OWN_HEAD)
        x = _padded_convolution(x, _common.TOP, widths, *_OWN_HEAD)
        x = layers.GlobalAveragePooling1D(name="mean_pool")(x)
        return layers.Activation(activation, dtype="float32", name="scores")(x)
    x = _long_enough(x, plan, plan.head)
    outputs = {path: _padded_convolution(x, path, n, *plan.head) for path, n in widths.items()}
    return {
        path: layers.Activation(activation, dtype="float32", name=f"{path}_scores")(scores)
        for path, scores in outputs.items()
    }


def _long_enough(x, plan, head):
    length, _, padding = head
    frames = length - 2 * padding
    seconds = plan.least_samples(frames) / SAMPLE_RATE
    return LongEnough(frames, seconds, name="long_enough")(x)


def _padded_convolution(x, path, filters, length, stride, padding):
    """Puts zeros on both sides, as many, whatever the length: not Keras's `"same"`."""
    if padding:
        x = layers.ZeroPadding1D(padding, name=f"{path}_pad")(x)
    normal = initializers.RandomNormal(stddev=0.01)
    return layers.Conv1D(filters, length, stride, kernel_initializer=normal, name=path)(x)
