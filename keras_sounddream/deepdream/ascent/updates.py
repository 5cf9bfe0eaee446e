"""Steps of ascent: a gradient brought to a common size, smoothed, and followed."""

import keras
import tensorflow as tf

from keras_sounddream.errors import InputError

_CUT_OFF = 2.0  # times the root mean square of the gradient
_TINY = 1e-12
_RADIUS = 24  # of Gaussians: three times the widest
_LEVELS = 4  # of the Laplacian pyramid


def bounded(gradient):
    """Brings a gradient to [-1, 1]: 1 where it reaches twice its root mean square.

    A gradient's few largest numbers are hundreds of times its typical ones: followed as they
    are, they make single bins shriek; with their signs alone, the noise floor rises as fast as
    the sound.

    Args:
        gradient: float32 `(batch, …)`; each example is measured by itself.

    Returns:
        float32, the same shape, in [-1, 1].
    """
    return tf.clip_by_value(gradient / (_CUT_OFF * _size(gradient) + _TINY), -1.0, 1.0)


def by_deviation(gradient):
    """Divides a gradient by its standard deviation."""
    centred = gradient - tf.reduce_mean(gradient, _places(gradient), keepdims=True)
    return gradient / (_size(centred) + _TINY)


def by_magnitude(gradient):
    """Divides a gradient by the mean of its magnitudes."""
    return gradient / (tf.reduce_mean(tf.abs(gradient), _places(gradient), keepdims=True) + _TINY)


def by_norm(gradient):
    """Divides a gradient by its root mean square, the L2 norm of one number of it."""
    return gradient / (_size(gradient) + _TINY)


NORMALIZATIONS = {
    "bounded": bounded,
    "deviation": by_deviation,
    "magnitude": by_magnitude,
    "norm": by_norm,
    "none": tf.identity,
}


def gaussian(gradient, width):
    """Smooths a gradient.

    Args:
        gradient: float32 `(batch, rows, columns)` or `(batch, rows, columns, channels)`.
        width: float scalar, standard deviation of the Gaussian in rows and columns, at most 8.

    Returns:
        float32, the same shape.
    """
    image = gradient if len(gradient.shape) == 4 else gradient[..., tf.newaxis]
    image = _blur(_blur(image, width, 0), width, 1)
    return image if len(gradient.shape) == 4 else image[..., 0]


def three_gaussians(gradient, width):
    """Adds up a gradient smoothed by Gaussians of half, once and twice a width.

    Args:
        gradient: as of `gaussian`.
        width: float scalar, at most 4.

    Returns:
        float32, the same shape.
    """
    return sum(gaussian(gradient, factor * width) for factor in (0.5, 1.0, 2.0)) / 3


def laplacian(gradient, width):
    """Brings every band of scales of a gradient to the same size, so that none rules the others.

    Args:
        gradient: as of `gaussian`.
        width: float scalar, standard deviation of the narrowest Gaussian, at most 1.

    Returns:
        float32, the same shape.
    """
    total, smooth = tf.zeros_like(gradient), gradient
    for level in range(_LEVELS - 1):
        smoother = gaussian(smooth, width * 2.0**level)
        total, smooth = total + by_norm(smooth - smoother), smoother
    return (total + by_norm(smooth)) / _LEVELS


SMOOTHINGS = {
    "none": lambda gradient, width: gradient,
    "gaussian": gaussian,
    "three_gaussians": three_gaussians,
    "laplacian": laplacian,
}


class Momentum:
    """Follows a gradient, and a part of where the steps before went.

    Args:
        step_size: float, of the variable.
        momentum: float, part of the last step that is made again; 0 for plain ascent.
    """

    def __init__(self, step_size, momentum):
        self._step_size = step_size
        self._momentum = momentum

    def begin(self, variable):
        """Makes the state before the first step of an octave: a tuple of tensors."""
        return (tf.zeros_like(variable),) if self._momentum else ()

    def step(self, variable, gradient, slots):
        """Makes a step.

        Args:
            variable: float32.
            gradient: float32, the same shape, brought to a common size.
            slots: tuple of tensors, of `begin` or of the step before.

        Returns:
            `(variable, slots)`.
        """
        if not self._momentum:
            return variable + self._step_size * gradient, ()
        velocity = self._momentum * slots[0] + gradient
        return variable + self._step_size * velocity, (velocity,)


class KerasOptimizer:
    """Follows a gradient by an optimizer of Keras's, begun anew in each octave.

    Args:
        optimizer: `keras.optimizers.Optimizer`; its learning rate is in units of the variable.
    """

    def __init__(self, optimizer):
        self.config = keras.saving.serialize_keras_object(optimizer)
        self._made = {}

    def begin(self, variable):
        """Makes the optimizer for a shape, which must be known; see `Momentum.begin`."""
        _, optimizer, values = self._of(tuple(variable.shape))
        for slot, value in zip(optimizer.variables, values, strict=True):
            slot.assign(value)
        return ()

    def step(self, variable, gradient, slots):
        """Makes a step; see `Momentum.step`."""
        kept, optimizer, _ = self._of(tuple(variable.shape))
        kept.assign(variable)
        optimizer.apply([-gradient], [kept])
        return tf.convert_to_tensor(kept), slots

    def _of(self, shape):
        if shape not in self._made:
            if None in shape:
                raise InputError(
                    "An optimizer needs a dream of known batch and length, which `predict` and "
                    f"tf.function do not tell: use `run`, or call the dream. Received: {shape}"
                )
            with tf.init_scope():
                kept = keras.Variable(tf.zeros(shape), name="dreamed")
                optimizer = keras.saving.deserialize_keras_object(self.config)
                optimizer.build([kept])
                values = [keras.ops.convert_to_numpy(slot) for slot in optimizer.variables]
            self._made[shape] = kept, optimizer, values
        return self._made[shape]


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
    return tf.sqrt(tf.reduce_mean(tf.square(gradient), _places(gradient), keepdims=True))


def _places(gradient):
    return list(range(1, len(gradient.shape)))
