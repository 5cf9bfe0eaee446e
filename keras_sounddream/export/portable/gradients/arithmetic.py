"""Gradients of arithmetic: elementwise and broadcast operations, matrix products, reductions."""

import math

import numpy as np
import tensorflow as tf

from keras_sounddream.export.portable.gradients.shape_helpers import (
    UnfitError,
    constant,
    sizes,
    sum_to_shape,
)
from keras_sounddream.types import Tensor

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

# Replacements of operations that a runtime lacks, accurate to 2e-7.
STAND_INS = {
    "Erf": lambda x: tf.sign(x) * (1.0 - _tail(tf.abs(x))),
    "Erfc": lambda x: 1.0 - tf.sign(x) * (1.0 - _tail(tf.abs(x))),
    "Expm1": lambda x: tf.exp(x) - 1.0,
    "Log1p": lambda x: tf.math.log(x + 1.0),
    "Softsign": lambda x: x / (1.0 + tf.abs(x)),
}

# Gradients of two broadcast inputs a and b, from the gradient g and the output y.
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
    "Maximum": (  # a tie goes to the first, as in TensorFlow
        lambda g, a, b, y: g * _one_where(a >= b, g),
        lambda g, a, b, y: g * _one_where(a < b, g),
    ),
    "Minimum": (
        lambda g, a, b, y: g * _one_where(a <= b, g),
        lambda g, a, b, y: g * _one_where(a > b, g),
    ),
}


def stand_in(kind: str, x: Tensor) -> Tensor:
    """Computes a type of operation, a key of `STAND_INS`, by those of all runtimes."""

    @tf.custom_gradient
    def compute(x):
        y = STAND_INS[kind](x)
        return y, lambda upstream: upstream * DERIVATIVES[kind](x, y)

    return compute(x)


def _tail(x):
    """1 minus the error function, for x of at least 0.

    Reference: Abramowitz and Stegun, *Handbook of Mathematical Functions*, 1964, 7.1.26.
    """
    t = 1.0 / (1.0 + 0.3275911 * x)
    total = 0.0
    for factor in _TAIL:
        total = (total + factor) * t
    return total * tf.exp(-x * x)


def _one_where(condition, like):
    return tf.cast(condition, like.dtype)


def _elementwise(name):
    return lambda op, g: [g * DERIVATIVES[name](op.inputs[0], op.outputs[0])]


def _broadcast(rules):
    def pair(op, g):
        (a, b), y = op.inputs, op.outputs[0]
        of_a, of_b = rules
        return [
            lambda: sum_to_shape(of_a(g, a, b, y), a, b.shape),
            lambda: sum_to_shape(of_b(g, a, b, y), b, a.shape),
        ]

    return pair


def _select(op, g):
    condition, a, b = op.inputs
    zero = tf.zeros((), g.dtype)
    return [
        None,
        lambda: sum_to_shape(tf.where(condition, g, zero), a, condition.shape, b.shape),
        lambda: sum_to_shape(tf.where(condition, zero, g), b, condition.shape, a.shape),
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


def _bias(op, g):
    """A row of a batch of one, too, is added as a bias by Keras."""
    if op.get_attr("data_format") != b"NHWC":
        raise UnfitError("its channels do not come last")
    return [g, lambda: tf.reduce_sum(g, list(range(len(op.inputs[0].shape) - 1)))]


def _transposed(x):
    """Swaps the last two axes. As an operation of its own: tf2onnx mistakes shapes otherwise."""
    rank = x.shape.rank
    return tf.transpose(x, [*range(rank - 2), rank - 1, rank - 2])


def _product(first, second):
    """The gradient of products whose attributes `first` and `second` transpose a factor."""

    def rule(op, g):
        a, b = op.inputs
        transpose_a, transpose_b = op.get_attr(first), op.get_attr(second)

        def of_a():
            product = tf.matmul(g, b if transpose_b else _transposed(b))
            return _sum_batch(_transposed(product) if transpose_a else product, a, b)

        def of_b():
            product = tf.matmul(a if transpose_a else _transposed(a), g)
            return _sum_batch(_transposed(product) if transpose_b else product, b, a)

        return [of_a, of_b]

    return rule


def _sum_batch(g, x, other):
    """Sums over the axes before the last two along which a factor was broadcast."""
    return sum_to_shape(g, x, other.shape[:-2].concatenate([1, 1]))


def _einsum(op, g):
    inputs, output = op.get_attr("equation").decode().split("->")
    labels = inputs.split(",")
    if len(labels) != 2 or any(len(set(part)) < len(part) or "." in part for part in labels):
        raise UnfitError(f"its equation is {inputs}->{output}")
    a, b = op.inputs

    def of(own, other, factor):
        if set(own) - set(output) - set(other):
            raise UnfitError(f"its equation is {inputs}->{output}")
        return tf.einsum(f"{output},{other}->{own}", g, factor)

    return [lambda: of(labels[0], labels[1], b), lambda: of(labels[1], labels[0], a)]


def _reduced_axes(op):
    rank = len(sizes(op.inputs[0]))
    return {int(axis) % rank for axis in np.ravel(constant(op, 1))}


def _with_axes(op, x):
    """A reduction's output, or its gradient, with axes of length 1 where it reduced."""
    axes = _reduced_axes(op)
    return tf.reshape(x, [1 if i in axes else n for i, n in enumerate(sizes(op.inputs[0]))])


def _sum(op, g):
    return [tf.broadcast_to(_with_axes(op, g), sizes(op.inputs[0])), None]


def _mean(op, g):
    x = op.inputs[0]
    count = 1
    for axis in _reduced_axes(op):
        count = count * sizes(x)[axis]
    return [tf.broadcast_to(_with_axes(op, g) / tf.cast(count, g.dtype), sizes(x)), None]


def _extreme(op, g):
    """Equal extremes get the same share, as in TensorFlow."""
    x, axes = op.inputs[0], sorted(_reduced_axes(op))
    is_extreme = tf.cast(tf.equal(x, _with_axes(op, op.outputs[0])), g.dtype)
    return [is_extreme * (_with_axes(op, g) / tf.reduce_sum(is_extreme, axes, keepdims=True)), None]


RULES = {
    **{name: _elementwise(name) for name in DERIVATIVES},
    **{name: _broadcast(rules) for name, rules in PAIRS.items()},
    "AddN": lambda op, g: [g] * len(op.inputs),
    "BiasAdd": _bias,
    "Cast": lambda op, g: [tf.cast(g, op.inputs[0].dtype)],
    "EnsureShape": _unchanged,
    "Identity": _unchanged,
    "LeakyRelu": _leaky,
    "LogSoftmax": _log_softmax,
    "Neg": lambda op, g: [-g],
    "SelectV2": _select,
    "Softmax": _softmax,
    "BatchMatMulV2": _product("adj_x", "adj_y"),
    "Einsum": _einsum,
    "MatMul": _product("transpose_a", "transpose_b"),
    "Max": _extreme,
    "Mean": _mean,
    "Min": _extreme,
    "Sum": _sum,
}
