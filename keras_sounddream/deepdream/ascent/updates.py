"""Update rules of the ascent: normalisation and smoothing of the gradient, and the step."""

from collections.abc import Callable

import keras
import tensorflow as tf

from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor

_CUT_OFF = 2.0  # times the root mean square of the gradient
_TINY = 1e-12
_RADIUS = 24  # of Gaussians: three times the widest
_LEVELS = 4  # of the Laplacian pyramid


def bounded(gradient: Tensor) -> Tensor:
    """Gradient in [-1, 1], per example: 1 where it reaches twice its root mean square.

    A gradient's few largest numbers are hundreds of times its typical ones: followed as they
    are, they make single bins shriek; with their signs alone, the noise floor rises as fast as
    the sound.

    Args:
        gradient: float32 `(batch, …)`.

    Returns:
        float32 of the same shape.
    """
    return tf.clip_by_value(gradient / (_CUT_OFF * _size(gradient) + _TINY), -1.0, 1.0)


def by_deviation(gradient: Tensor) -> Tensor:
    """Gradient divided by its standard deviation, per example."""
    centred = gradient - tf.reduce_mean(gradient, _positions(gradient), keepdims=True)
    return gradient / (_size(centred) + _TINY)


def by_magnitude(gradient: Tensor) -> Tensor:
    """Gradient divided by the mean of its magnitudes, per example."""
    mean = tf.reduce_mean(tf.abs(gradient), _positions(gradient), keepdims=True)
    return gradient / (mean + _TINY)


def by_norm(gradient: Tensor) -> Tensor:
    """Gradient divided by its root mean square, per example."""
    return gradient / (_size(gradient) + _TINY)


NORMALIZATIONS: dict[str, Callable] = {
    "bounded": bounded,
    "deviation": by_deviation,
    "magnitude": by_magnitude,
    "norm": by_norm,
    "none": tf.identity,
}


def gaussian(gradient: Tensor, width: Tensor) -> Tensor:
    """Smooths a gradient.

    Args:
        gradient: float32 `(batch, rows, columns)` or `(batch, rows, columns, channels)`.
        width: standard deviation of the Gaussian in rows and columns, at most 8.

    Returns:
        float32 of the same shape.
    """
    image = gradient if len(gradient.shape) == 4 else gradient[..., tf.newaxis]
    image = _blur(_blur(image, width, 0), width, 1)
    return image if len(gradient.shape) == 4 else image[..., 0]


def three_gaussians(gradient: Tensor, width: Tensor) -> Tensor:
    """Mean of a gradient smoothed by Gaussians of half, once and twice a width of at most 4."""
    return sum(gaussian(gradient, factor * width) for factor in (0.5, 1.0, 2.0)) / 3


def laplacian(gradient: Tensor, width: Tensor) -> Tensor:
    """Gradient with every band of scales at the same size, so that none dominates.

    Args:
        gradient: as for `gaussian`.
        width: standard deviation of the narrowest Gaussian, at most 1.

    Returns:
        float32 of the same shape.
    """
    total, smooth = tf.zeros_like(gradient), gradient
    for level in range(_LEVELS - 1):
        smoother = gaussian(smooth, width * 2.0**level)
        total, smooth = total + by_norm(smooth - smoother), smoother
    return (total + by_norm(smooth)) / _LEVELS


SMOOTHINGS: dict[str, Callable] = {
    "none": lambda gradient, width: gradient,
    "gaussian": gaussian,
    "three_gaussians": three_gaussians,
    "laplacian": laplacian,
}


def register_normalization(name: str) -> Callable[[Callable], Callable]:
    """Decorator: registers `gradient → gradient` as a value of the setting `normalization`."""
    return _register(NORMALIZATIONS, name)


def register_smoothing(name: str) -> Callable[[Callable], Callable]:
    """Decorator: registers `(gradient, width) → gradient` as a value of `smoothing`."""
    return _register(SMOOTHINGS, name)


class Momentum:
    """Follows a gradient, and a share of the last step.

    Args:
        step_size: in units of the variable.
        momentum: share of the last step that is repeated; 0 for plain ascent.
    """

    def __init__(self, step_size: Tensor, momentum: float):
        self._step_size = step_size
        self._momentum = momentum

    def begin(self, variable: Tensor) -> tuple:
        """State before the first step of an octave: the velocity, if there is momentum."""
        return (tf.zeros_like(variable),) if self._momentum else ()

    def step(self, variable: Tensor, gradient: Tensor, slots: tuple) -> tuple[Tensor, tuple]:
        """Makes a step: `(variable, slots)`."""
        if not self._momentum:
            return variable + self._step_size * gradient, ()
        velocity = self._momentum * slots[0] + gradient
        return variable + self._step_size * velocity, (velocity,)


class KerasOptimizer:
    """Follows a gradient by an optimizer of Keras, which begins anew in each octave.

    Args:
        optimizer: its learning rate is in units of the variable.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer):
        self.config = keras.saving.serialize_keras_object(optimizer)
        self._by_shape: dict[tuple, tuple] = {}

    def begin(self, variable: Tensor) -> tuple:
        """Resets the optimizer of the variable's shape, which must be known; no slots."""
        _, optimizer, values = self._for_shape(tuple(variable.shape))
        for slot, value in zip(optimizer.variables, values, strict=True):
            slot.assign(value)
        return ()

    def step(self, variable: Tensor, gradient: Tensor, slots: tuple) -> tuple[Tensor, tuple]:
        """Makes a step: `(variable, slots)`."""
        held, optimizer, _ = self._for_shape(tuple(variable.shape))
        held.assign(variable)
        optimizer.apply([-gradient], [held])
        return tf.convert_to_tensor(held), slots

    def _for_shape(self, shape):
        """Variable, optimizer and the optimizer's first values for a shape, made once."""
        if shape not in self._by_shape:
            if None in shape:
                raise InputError(
                    "An optimizer needs a dream of known batch and length, which `predict` and "
                    f"tf.function do not tell: use `run`, or call the dream. Received: {shape}"
                )
            with tf.init_scope():
                held = keras.Variable(tf.zeros(shape), name="dreamed")
                optimizer = keras.saving.deserialize_keras_object(self.config)
                optimizer.build([held])
                values = [keras.ops.convert_to_numpy(slot) for slot in optimizer.variables]
            self._by_shape[shape] = held, optimizer, values
        return self._by_shape[shape]


def _register(registry, name):
    def register(function):
        if not (isinstance(name, str) and name.isidentifier()) or name in registry:
            raise InputError(f"Expected a new name, an identifier. Received: {name!r}")
        registry[name] = function
        return function

    return register


def _blur(image, width, axis):
    """Averages one axis of `(batch, rows, columns, channels)` under a Gaussian, less at edges."""
    offsets = tf.range(-_RADIUS, _RADIUS + 1, dtype="float32")
    weights = tf.exp(-0.5 * tf.square(offsets / tf.maximum(width, 1e-3)))
    kernel = tf.reshape(weights, (-1, 1, 1, 1) if axis == 0 else (1, -1, 1, 1))
    channels = tf.unstack(image, axis=-1)  # one by one: TensorFlow 2.16's depthwise kernel crashes
    total = [tf.nn.conv2d(one[..., tf.newaxis], kernel, 1, "SAME") for one in channels]
    there = tf.ones_like(image[:1, :, :, :1])  # what of the Gaussian lies within the image
    return tf.concat(total, -1) / tf.nn.conv2d(there, kernel, 1, "SAME")


def _size(gradient):
    return tf.sqrt(tf.reduce_mean(tf.square(gradient), _positions(gradient), keepdims=True))


def _positions(gradient):
    return list(range(1, len(gradient.shape)))
