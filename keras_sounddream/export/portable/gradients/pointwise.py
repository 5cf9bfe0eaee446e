"""Gradients of what acts on each number by itself, or on pairs of numbers."""

import math

import tensorflow as tf

from keras_sounddream.export.portable.gradients.shape_helpers import sizes

_SELU_SCALE, _SELU_BOTTOM = 1.0507009873554805, 1.7580993408473768
_ROOT_PI = math.sqrt(math.pi)
_TAIL = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)

# The derivative of each, from its input x and its output y.
DERIVATIVES = {
    "Abs": lambda x, y: tf.sign(x),
    "Cos": lambda x, y: -tf.sin(x),
    "Elu": lambda x, y: tf.minimum(y, 0.0) + 1.0,
    "Erf": lambda x, y: 2 / _ROOT_PI * tf.exp(-x * x),
    "Erfc": lambda x, y: -2 / _ROOT_PI * tf.exp(-x * x),
    "Exp": lambda x, y: y,
    "Expm1": lambda x, y: y + 1.0,
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

# What is computed in place of operations that a runtime lacks, to 2e-7.
STAND_INS = {
    "Erf": lambda x: tf.sign(x) * (1.0 - _tail(tf.abs(x))),
    "Erfc": lambda x: 1.0 - tf.sign(x) * (1.0 - _tail(tf.abs(x))),
    "Expm1": lambda x: tf.exp(x) - 1.0,
    "Log1p": lambda x: tf.math.log(x + 1.0),
    "Softsign": lambda x: x / (1.0 + tf.abs(x)),
}

# For each of two inputs a and b that are broadcast, from the gradient g and the output y.
PAIRS = {
    "AddV2": (lambda g, a, b, y: g, lambda g, a, b, y: g),
    "Sub": (lambda g, a, b, y: g, lambda g, a, b, y: -g),
    "Mul": (lambda g, a, b, y: g * b, lambda g, a, b, y: g * a),
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


def stand_in(kind, x):
    """Computes what runtimes lack by what they have, with its own derivative.

    Args:
        kind: str, key of `STAND_INS`, a type of operation.
        x: float tensor.

    Returns:
        float tensor, the same shape.
    """

    @tf.custom_gradient
    def compute(x):
        y = STAND_INS[kind](x)
        return y, lambda upstream: upstream * DERIVATIVES[kind](x, y)

    return compute(x)


def add_up(g, x, *shapes):
    """Sums a gradient over the axes along which an operand was broadcast.

    Args:
        g: float tensor, of the shape that the operands were broadcast to.
        x: float tensor, an operand.
        *shapes: `tf.TensorShape`, of the other operands.

    Returns:
        float tensor of the shape of `x`.
    """
    extra = g.shape.rank - len(sizes(x))
    g = tf.reduce_sum(g, list(range(extra))) if extra else g
    wide = [i for i, n in enumerate(x.shape) if n == 1 and g.shape[i] != 1]
    g = tf.reduce_sum(g, wide, keepdims=True) if wide else g
    return _add_up_unknown(g, x, [i for i in range(len(x.shape)) if _may_differ(i, x, shapes)])


def _may_differ(axis, x, shapes):
    """Whether an axis may have been broadcast although nobody knows its length."""
    from_last = axis - x.shape.rank
    lengths = [shape[from_last] for shape in shapes if shape.rank >= -from_last]
    return x.shape[axis] is None and any(n != 1 for n in lengths)


def _add_up_unknown(g, x, axes):
    """Reshapes each axis to what was broadcast, by what it was broadcast from, and sums."""
    if not axes:
        return tf.ensure_shape(g, x.shape)
    lengths, summed = [], []
    for axis, (n, wide) in enumerate(zip(sizes(x), sizes(g), strict=True)):
        if axis in axes:
            summed.append(len(lengths))
            lengths.append(wide // n)
        lengths.append(n)
    return tf.ensure_shape(tf.reduce_sum(tf.reshape(g, lengths), summed), x.shape)


def _tail(x):
    """What the error function lacks to 1, for x of at least 0.

    Reference: Abramowitz and Stegun, *Handbook of Mathematical Functions*, 1964, 7.1.26.
    """
    t = 1.0 / (1.0 + 0.3275911 * x)
    total = 0.0
    for factor in _TAIL:
        total = (total + factor) * t
    return total * tf.exp(-x * x)


def _one_where(condition, like):
    return tf.cast(condition, like.dtype)


def _by_derivative(derivative):
    return lambda op, g: [g * derivative(op.inputs[0], op.outputs[0])]


def _of_pair(rules):
    def pair(op, g):
        a, b, y = *op.inputs, op.outputs[0]
        of_a, of_b = rules
        return [
            lambda: add_up(of_a(g, a, b, y), a, b.shape),
            lambda: add_up(of_b(g, a, b, y), b, a.shape),
        ]

    return pair


def _choice(op, g):
    condition, a, b = op.inputs
    zero = tf.zeros((), g.dtype)
    return [
        None,
        lambda: add_up(tf.where(condition, g, zero), a, condition.shape, b.shape),
        lambda: add_up(tf.where(condition, zero, g), b, condition.shape, a.shape),
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
    "EnsureShape": _unchanged,
    "Identity": _unchanged,
    "LeakyRelu": _leaky,
    "LogSoftmax": _log_softmax,
    "Neg": lambda op, g: [-g],
    "SelectV2": _choice,
    "Softmax": _softmax,
}
