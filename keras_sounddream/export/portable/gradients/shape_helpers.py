"""Sizes, slices and pads, of lengths that are known or not: what the rules are written in.

A length is an int where it is known, and a scalar tensor where it is not.
"""

import tensorflow as tf


class UnfitError(Exception):
    """Says why an operation has no portable gradient as it is used."""


def sizes(x):
    """Lengths of the axes: list of int, or of scalar tensors where they are not known.

    Args:
        x: tensor of known rank.

    Returns:
        list of int or int32 scalar.
    """
    if x.shape.rank is None:
        raise UnfitError("its rank is not known")
    if x.shape.is_fully_defined():
        return x.shape.as_list()
    told = _told(x) or tf.unstack(tf.shape(x))
    return [n if known is None else known for n, known in zip(told, x.shape, strict=True)]


def _told(x):
    """The lengths that an array was reshaped to, `None` if it was not.

    They are not read off the array: of two reshapes tf2onnx takes the first away, and what reads
    the shape between them then reads another.
    """
    while x.op.type in ("EnsureShape", "Identity"):
        x = x.op.inputs[0]
    if x.op.type not in ("BroadcastTo", "Reshape") or x.op.inputs[1].op.type != "Pack":
        return None
    lengths = list(x.op.inputs[1].op.inputs)
    return None if any(tf.get_static_value(n) == -1 for n in lengths) else lengths


def constant(op, index):
    """Value of an input that must not be computed: NumPy array.

    Args:
        op: `tf.Operation`.
        index: int, of the input.

    Returns:
        array.
    """
    value = tf.get_static_value(op.inputs[index])
    if value is None:
        raise UnfitError(f"its input {index} is computed, not constant")
    return value


def reshape_like(x, other):
    """Gives an array the shape of another, which has as many numbers."""
    if x.shape.is_fully_defined() and x.shape == other.shape:
        return x
    result = tf.reshape(x, sizes(other))
    return tf.ensure_shape(result, other.shape)


def cut(x, axis, start, length):
    """Takes a piece along an axis: `length` numbers from `start`."""
    if isinstance(start, int) and start == 0 and _is(length, x.shape[axis]):
        return x
    begin, size = [0] * x.shape.rank, [-1 if n is None else n for n in x.shape]
    begin[axis], size[axis] = start, length
    return tf.slice(x, begin, size)


def extend(x, axis, before, after, fill=0.0):
    """Pads an axis."""
    if all(isinstance(n, int) and n == 0 for n in (before, after)):
        return x
    pads = [[0, 0] for _ in range(x.shape.rank)]
    pads[axis] = [before, after]
    return tf.pad(x, pads, constant_values=fill)


def window(x, axis, start, length, slack, fill=0.0):
    """Takes a piece along an axis that may begin before it and end after it.

    Args:
        x: tensor.
        axis: int.
        start: int or int32 scalar, of the piece; may be negative.
        length: int or int32 scalar, of the piece.
        slack: int, by how much it reaches outside at most; read where lengths are not known.
        fill: float, what lies outside.

    Returns:
        tensor.
    """
    there = x.shape[axis]
    if all(isinstance(n, int) for n in (there, start, length)):
        before, after = max(-start, 0), max(start + length - there, 0)
        return cut(extend(x, axis, before, after, fill), axis, start + before, length)
    return cut(extend(x, axis, slack, slack, fill), axis, start + slack, length)


def spread(x, axis, step):
    """Puts `step - 1` zeros behind every number of an axis."""
    if step == 1:
        return x
    lengths = sizes(x)
    rows = tf.reshape(x, [*lengths[: axis + 1], 1, _product(lengths[axis + 1 :])])
    rows = extend(rows, axis + 1, 0, step - 1)
    return tf.reshape(rows, [*lengths[:axis], lengths[axis] * step, *lengths[axis + 1 :]])


def flat(x, axis):
    """Reshapes to three axes: what comes before one, itself, what comes after it."""
    lengths = sizes(x)
    return tf.reshape(x, [_product(lengths[:axis]), lengths[axis], _product(lengths[axis + 1 :])])


def _product(lengths):
    result = 1
    for n in lengths:
        result = n if isinstance(result, int) and result == 1 else result * n
    return result


def _is(length, other):
    return isinstance(length, int) and length == other
