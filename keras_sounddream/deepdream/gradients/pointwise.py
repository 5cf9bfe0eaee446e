"""Gradients of what acts on each number by itself, or on pairs of numbers."""

import math

import tensorflow as tf

from keras_sounddream.deepdream.gradients.pieces import reshape_like, sizes

_SELU_SCALE, _SELU_BOTTOM = 1.0507009873554805, 1.7580993408473768
_ROOT_PI = math.sqrt(math.pi)

# The derivative of each, from its input x and its output y.
DERIVATIVES = {
    "Abs": lambda x, y: tf.sign(x),
    "Cos": lambda x, y: -tf.sin(x),
    "Elu": lambda x, y: tf.minimum(y, 0.0) + 1.0,
    "Erf": lambda x, y: 2 / _ROOT_PI * tf.exp(-x * x),
    "Erfc": lambda x, y: -2 / _ROOT_PI * tf.exp(-x * x),
    "Exp": lambda x, y: y,
    "Expm1": lambda x, y: y + 1.0,
    "Inv": lambda x, y: -y * y,
    "Log": lambda x, y: 1.0 / x,
    "Log1p": lambda x, y: 1.0 / (1.0 + x),
    "Reciprocal": lambda x, y: -y * y,
    "Relu": lambda x, y: _one_where(y > 0.0, x),
    "Relu6": lambda x, y: _one_where((y > 0.0) & (y < 6.0), x),
    "Rsqrt": lambda x, y: -0.5 * y * y * y,
    "Selu": lambda x, y: tf.where(y < 0.0, y + _SELU_BOTTOM, _SELU_SCALE),
    "Sigmoid": lambda x, y: y * (1.0 - y),
    "Sin": lambda x, y: tf.cos(x),
    "Softplus": lambda x, y: tf.sigmoid(x),
    "Softsign": lambda x, y: 1.0 / tf.square(1.0 + tf.abs(x)),
    "Sqrt": lambda x, y: 0.5 / y,
    "Square": lambda x, y: 2.0 * x,
    "Tanh": lambda x, y: 1.0 - y * y,
}

# For each of two inputs a and b that are broadcast, from the gradient g and the output y.
PAIRS = {
    "Add": (lambda g, a, b, y: g, lambda g, a, b, y: g),
    "AddV2": (lambda g, a, b, y: g, lambda g, a, b, y: g),
    "Sub": (lambda g, a, b, y: g, lambda g, a, b, y: -g),
    "Mul": (lambda g, a, b, y: g * b, lambda g, a, b, y: g * a),
    "Div": (lambda g, a, b, y: g / b, lambda g, a, b, y: -g * y / b),
    "RealDiv": (lambda g, a, b, y: g / b, lambda g, a, b, y: -g * y / b),
    "Pow": (
        lambda g, a, b, y: g * b * tf.pow(a, b - 1.0),
        lambda g, a, b, y: g * y * tf.math.log(a),
    ),
    "SquaredDifference": (
        lambda g, a, b, y: 2.0 * g * (a - b),
        lambda g, a, b, y: 2.0 * g * (b - a),
    ),
    "Maximum": (  # of equal numbers, the first is followed, as TensorFlow does
        lambda g, a, b, y: g * _one_where(a >= b, g),
        lambda g, a, b, y: g * _one_where(a < b, g),
    ),
    "Minimum": (
        lambda g, a, b, y: g * _one_where(a <= b, g),
        lambda g, a, b, y: g * _one_where(a > b, g),
    ),
}


def add_up(g, x):
    """Sums a gradient over the axes along which an input was broadcast.

    Args:
        g: float tensor.
        x: float tensor that was broadcast to the shape of `g`. A length of it that is not known is
            taken to be that of `g`, which is checked when it runs.

    Returns:
        float tensor of the shape of `x`.
    """
    extra = g.shape.rank - len(sizes(x))
    g = tf.reduce_sum(g, list(range(extra))) if extra else g
    wide = [i for i, n in enumerate(x.shape) if n == 1 and g.shape[i] != 1]
    g = tf.reduce_sum(g, wide, keepdims=True) if wide else g
    return g if x.shape.is_fully_defined() else tf.ensure_shape(tf.reshape(g, tf.shape(x)), x.shape)


def _one_where(condition, like):
    return tf.cast(condition, like.dtype)


def _by_derivative(derivative):
    return lambda op, g: [g * derivative(op.inputs[0], op.outputs[0])]


def _of_pair(rules):
    def pair(op, g):
        a, b, y = *op.inputs, op.outputs[0]
        return [
            lambda rule=rule, x=x: add_up(rule(g, a, b, y), x)
            for rule, x in zip(rules, (a, b), strict=True)
        ]

    return pair


def _choice(op, g):
    condition, a, b = op.inputs
    zero = tf.zeros((), g.dtype)
    return [
        None,
        lambda: add_up(tf.where(condition, g, zero), a),
        lambda: add_up(tf.where(condition, zero, g), b),
    ]


def _leaky(op, g):
    slope = op.get_attr("alpha")
    return [g * tf.where(op.inputs[0] > 0.0, 1.0, slope)]


def _softmax(op, g):
    y = op.outputs[0]
    return [y * (g - tf.reduce_sum(g * y, -1, keepdims=True))]


def _log_softmax(op, g):
    return [g - tf.exp(op.outputs[0]) * tf.reduce_sum(g, -1, keepdims=True)]


def _unchanged(op, g):
    return [g] + [None] * (len(op.inputs) - 1)


RULES = {
    **{name: _by_derivative(derivative) for name, derivative in DERIVATIVES.items()},
    **{name: _of_pair(rules) for name, rules in PAIRS.items()},
    "AddN": lambda op, g: [g] * len(op.inputs),
    "BiasAdd": _unchanged,
    "Cast": lambda op, g: [tf.cast(g, op.inputs[0].dtype)],
    "CheckNumerics": _unchanged,
    "EnsureShape": _unchanged,
    "Identity": _unchanged,
    "LeakyRelu": _leaky,
    "LogSoftmax": _log_softmax,
    "Neg": lambda op, g: [-g],
    "PreventGradient": _unchanged,
    "Select": _choice,
    "SelectV2": _choice,
    "Softmax": _softmax,
}
