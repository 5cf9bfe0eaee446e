"""The layers that WaveNet is made of; each is a Keras layer computed in its own way."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="keras_sounddream")
class DilatedConv1D(layers.Conv1D):
    """A `Conv1D` without strides or padding, as one matrix product for each tap.

    Few channels and long sounds are what Keras's own is slow at, dilated above all: backwards it
    has to move the whole sound for each convolution.

    Input shape:
        float `(batch, samples, channels)`.

    Output shape:
        float `(batch, samples - (kernel_size - 1) * dilation_rate, filters)`.
    """

    def call(self, inputs):
        outputs = 0
        for tap, end in taps(self.kernel_size[0], self.dilation_rate[0]):
            outputs = outputs + ops.matmul(inputs[:, slice(*end)], self.kernel[tap])
        return outputs + self.bias if self.use_bias else outputs


@keras.saving.register_keras_serializable(package="keras_sounddream")
class LevelConv1D(layers.Conv1D):
    """A `Conv1D` of one-hot levels, without bias, which looks its products up.

    The gradient to a level is the slope of the kernel between the level's neighbours.

    Args:
        levels: int, how many there are.

    Input shape:
        float32 `(batch, samples)`, whole numbers from 0 to `levels - 1`.

    Output shape:
        float `(batch, samples - kernel_size + 1, filters)`.
    """

    def __init__(self, filters, kernel_size, levels, **kwargs):
        super().__init__(filters, kernel_size, **{**kwargs, "use_bias": False, "autocast": False})
        self.levels = levels
        self.input_spec = None  # of a Conv1D, which wants channels

    def build(self, input_shape):
        super().build((*input_shape, self.levels))
        self.input_spec = None

    def call(self, inputs):
        inputs = ops.cast(inputs, "float32")
        indices = ops.cast(ops.clip(ops.stop_gradient(inputs), 0, self.levels - 1), "int32")
        moved = ops.cast(inputs - ops.stop_gradient(inputs), self.compute_dtype)  # 0
        kernel = ops.cast(self.kernel, self.compute_dtype)
        above = ops.concatenate([kernel[:, 1:], kernel[:, -1:]], axis=1)
        below = ops.concatenate([kernel[:, :1], kernel[:, :-1]], axis=1)
        slopes = ops.stop_gradient(above - below) / 2
        outputs = 0
        for tap, end in taps(self.kernel_size[0], 1):
            here = indices[:, slice(*end)]
            slope = ops.take(slopes[tap], here, axis=0)
            outputs = outputs + ops.take(kernel[tap], here, axis=0)
            outputs = outputs + ops.expand_dims(moved[:, slice(*end)], -1) * slope
        return outputs

    def compute_output_shape(self, input_shape):
        return super().compute_output_shape((*input_shape[:2], self.levels))

    def get_config(self):
        config = {**super().get_config(), "levels": self.levels}
        return {name: value for name, value in config.items() if name != "autocast"}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Gate(layers.Multiply):
    """The hyperbolic tangent of a sum, times the sigmoid of another.

    Input shape:
        list of float `(batch, samples or 1, channels)`: the first half is added up for the one,
        the second for the other.

    Output shape:
        float `(batch, samples, channels)`.
    """

    def call(self, inputs):
        half = len(inputs) // 2
        return ops.tanh(sum(inputs[:half])) * ops.sigmoid(sum(inputs[half:]))


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Stretch(layers.Layer):
    """Repeats frames until there is one a sample, and leaves out those before a start.

    Args:
        hop: int, samples a frame.
        start: int, the first sample that is wanted.

    Input shape:
        `[frames, like]`, float `(batch, frames, channels)` and `(batch, samples, …)`.

    Output shape:
        float `(batch, samples, channels)`, for the samples from `start` on.
    """

    def __init__(self, hop, start, **kwargs):
        super().__init__(**kwargs)
        self.hop = hop
        self.start = start

    def call(self, inputs):
        frames, like = inputs
        samples = ops.repeat(frames, self.hop, axis=1)
        return samples[:, self.start : self.start + ops.shape(like)[1]]

    def compute_output_shape(self, input_shape):
        frames, like = input_shape
        return (*like[:2], frames[-1])

    def get_config(self):
        return {**super().get_config(), "hop": self.hop, "start": self.start}


def taps(width, dilation):
    """Gives, for each tap of a filter, the slice of the input that it is applied to.

    Args:
        width: int, of the filter.
        dilation: int, samples from one tap to the next.

    Returns:
        list of `(tap, (start, stop))`; `stop` is `None` or counts from the end.
    """
    reach = (width - 1) * dilation
    return [(i, (i * dilation, i * dilation - reach or None)) for i in range(width)]
