"""Gradients of matrix products and of sums over axes."""

import numpy as np
import tensorflow as tf

from keras_sounddream.export.portable.gradients.pointwise import add_up
from keras_sounddream.export.portable.gradients.shape_helpers import UnfitError, constant, sizes


def _turned(x):
    """Swaps the last two axes. As an operation of its own: tf2onnx mistakes shapes otherwise."""
    rank = x.shape.rank
    return tf.transpose(x, [*range(rank - 2), rank - 1, rank - 2])


def _product(first, second):
    """The gradient of products whose attributes `first` and `second` turn a factor round."""

    def rule(op, g):
        a, b = op.inputs
        turn_a, turn_b = op.get_attr(first), op.get_attr(second)

        def of_a():
            found = tf.matmul(g, b if turn_b else _turned(b))
            return _of_batch(_turned(found) if turn_a else found, a, b)

        def of_b():
            found = tf.matmul(a if turn_a else _turned(a), g)
            return _of_batch(_turned(found) if turn_b else found, b, a)

        return [of_a, of_b]

    return rule


def _of_batch(g, x, other):
    """Sums over the axes before the last two along which a factor was broadcast."""
    return add_up(g, x, other.shape[:-2].concatenate([1, 1]))


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


def _summed_axes(op):
    rank = len(sizes(op.inputs[0]))
    return {int(axis) % rank for axis in np.ravel(constant(op, 1))}


def _kept(op, x):
    """What a reduction gave, or its gradient, with axes of length 1 where it summed."""
    axes = _summed_axes(op)
    return tf.reshape(x, [1 if i in axes else n for i, n in enumerate(sizes(op.inputs[0]))])


def _sum(op, g):
    return [tf.broadcast_to(_kept(op, g), sizes(op.inputs[0])), None]


def _mean(op, g):
    x = op.inputs[0]
    count = 1
    for axis in _summed_axes(op):
        count = count * sizes(x)[axis]
    return [tf.broadcast_to(_kept(op, g) / tf.cast(count, g.dtype), sizes(x)), None]


def _extreme(op, g):
    """Of equal extremes, each gets the same share, as TensorFlow does."""
    x, axes = op.inputs[0], sorted(_summed_axes(op))
    found = tf.cast(tf.equal(x, _kept(op, op.outputs[0])), g.dtype)
    return [found * (_kept(op, g) / tf.reduce_sum(found, axes, keepdims=True)), None]


RULES = {
    "BatchMatMulV2": _product("adj_x", "adj_y"),
    "Einsum": _einsum,
    "MatMul": _product("transpose_a", "transpose_b"),
    "Max": _extreme,
    "Mean": _mean,
    "Min": _extreme,
    "Sum": _sum,
}
