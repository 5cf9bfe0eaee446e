"""Shape helpers for gradient rules: sizes, slices, pads, sums and windows of dynamic length.

A length is an int where it is known, and a scalar tensor where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import tensorflow as tf

from keras_sounddream.types import Array, Tensor

Length: TypeAlias = "int | Tensor"


class UnfitError(Exception):
    """The reason why an operation, as it is used, has no portable gradient."""


def sizes(x: Tensor) -> list[Length]:
    """Returns the lengths of the axes: int, or int32 scalars where they are not known."""
    if x.shape.rank is None:
        raise UnfitError("its rank is not known")
    if x.shape.is_fully_defined():
        return x.shape.as_list()
    lengths = _packed_lengths(x) or tf.unstack(tf.shape(x))
    return [n if known is None else known for n, known in zip(lengths, x.shape, strict=True)]


def _packed_lengths(x):
    """The lengths that a tensor was reshaped to, `None` if it was not.

    They are not computed from the tensor: tf2onnx removes the first of two reshapes, and an
    operation that read the shape between them then reads another.
    """
    while x.op.type in ("EnsureShape", "Identity"):
        x = x.op.inputs[0]
    if x.op.type not in ("BroadcastTo", "Reshape") or x.op.inputs[1].op.type != "Pack":
        return None
    lengths = list(x.op.inputs[1].op.inputs)
    return None if any(tf.get_static_value(n) == -1 for n in lengths) else lengths


def constant(op: tf.Operation, index: int) -> Array:
    """Returns the value of an input that must be constant."""
    value = tf.get_static_value(op.inputs[index])
    if value is None:
        raise UnfitError(f"its input {index} is computed, not constant")
    return value


def reshape_like(x: Tensor, other: Tensor) -> Tensor:
    """Reshapes a tensor to the shape of another."""
    if x.shape.is_fully_defined() and x.shape == other.shape:
        return x
    result = tf.reshape(x, sizes(other))
    return tf.ensure_shape(result, other.shape)


def cut(x: Tensor, axis: int, start: Length, length: Length) -> Tensor:
    """Slices an axis: `length` elements from `start`."""
    if isinstance(start, int) and start == 0 and _is(length, x.shape[axis]):
        return x
    begin, size = [0] * x.shape.rank, [-1 if n is None else n for n in x.shape]
    begin[axis], size[axis] = start, length
    return tf.slice(x, begin, size)


def extend(x: Tensor, axis: int, before: Length, after: Length, fill: float = 0.0) -> Tensor:
    """Pads an axis."""
    if all(isinstance(n, int) and n == 0 for n in (before, after)):
        return x
    pads = [[0, 0] for _ in range(x.shape.rank)]
    pads[axis] = [before, after]
    return tf.pad(x, pads, constant_values=fill)


def window(
    x: Tensor, axis: int, start: Length, length: Length, slack: int, fill: float = 0.0
) -> Tensor:
    """Slices an axis from before its begin, or to behind its end; `fill` lies outside.

    `slack` is the most that the slice reaches outside, used where lengths are not known.
    """
    total = x.shape[axis]
    if all(isinstance(n, int) for n in (total, start, length)):
        before, after = max(-start, 0), max(start + length - total, 0)
        return cut(extend(x, axis, before, after, fill), axis, start + before, length)
    return cut(extend(x, axis, slack, slack, fill), axis, start + slack, length)


def spread(x: Tensor, axis: int, step: int) -> Tensor:
    """Puts `step - 1` zeros behind every element of an axis."""
    if step == 1:
        return x
    lengths = sizes(x)
    rows = tf.reshape(x, [*lengths[: axis + 1], 1, _product(lengths[axis + 1 :])])
    rows = extend(rows, axis + 1, 0, step - 1)
    return tf.reshape(rows, [*lengths[:axis], lengths[axis] * step, *lengths[axis + 1 :]])


def flat(x: Tensor, axis: int) -> Tensor:
    """Reshapes to three axes: all axes before one, itself, all axes after it."""
    lengths = sizes(x)
    return tf.reshape(x, [_product(lengths[:axis]), lengths[axis], _product(lengths[axis + 1 :])])


def _product(lengths):
    result = 1
    for n in lengths:
        result = n if isinstance(result, int) and result == 1 else result * n
    return result


def _is(length, other):
    return isinstance(length, int) and length == other


def sum_to_shape(g: Tensor, x: Tensor, *shapes: tf.TensorShape) -> Tensor:
    """Sums a gradient over the axes along which an operand `x` was broadcast, to the shape of `x`.

    `shapes` are those of the other operands.
    """
    extra = g.shape.rank - len(sizes(x))
    g = tf.reduce_sum(g, list(range(extra))) if extra else g
    wide = [i for i, n in enumerate(x.shape) if n == 1 and g.shape[i] != 1]
    g = tf.reduce_sum(g, wide, keepdims=True) if wide else g
    return _sum_unknown_axes(g, x, [i for i in range(len(x.shape)) if _may_differ(i, x, shapes)])


def _may_differ(axis, x, shapes):
    """Whether an axis of unknown length may have been broadcast."""
    from_last = axis - x.shape.rank
    lengths = [shape[from_last] for shape in shapes if shape.rank >= -from_last]
    return x.shape[axis] is None and any(n != 1 for n in lengths)


def _sum_unknown_axes(g, x, axes):
    """Splits each broadcast axis into (repeats, length), and sums over the repeats."""
    if not axes:
        return tf.ensure_shape(g, x.shape)
    lengths, summed = [], []
    for axis, (n, wide) in enumerate(zip(sizes(x), sizes(g), strict=True)):
        if axis in axes:
            summed.append(len(lengths))
            lengths.append(wide // n)
        lengths.append(n)
    return tf.ensure_shape(tf.reduce_sum(tf.reshape(g, lengths), summed), x.shape)


def padding_before(length: Length, width: int, step: int, padding: bytes) -> Length:
    """Returns how far a window reaches before the first element, for b"SAME" or b"VALID" padding.

    `length` is that of the axis, `width` that of a window, `step` from one window to the next.
    """
    if padding == b"VALID":
        return 0
    if padding != b"SAME":
        raise UnfitError(f"its padding is {padding.decode()}")
    if step == 1:
        return (width - 1) // 2
    least = max if isinstance(length, int) else tf.maximum
    last = (length - 1) // step * step  # where the last window begins, but for the padding
    return least(last + width - length, 0) // 2


class Windows:
    """The windows of a pool along one axis, `count` of `width` elements, one each `step`.

    `lengths` are those of all axes of what is pooled.
    """

    def __init__(
        self,
        lengths: list[Length],
        count: Length,
        axis: int,
        width: int,
        step: int,
        padding: bytes,
    ):
        self.lengths, self.axis, self.width, self.step = lengths, axis, width, step
        self.count = count
        self.before = padding_before(lengths[axis], width, step, padding)
        self._chunks = count + -(-width // step) - 1  # of a step each, that the windows lie in

    def elements(self, x: Tensor, fill: float) -> Iterator[Tensor]:
        """Yields the first element of every window, the second of every window, and so on."""
        rows = flat(x, self.axis)
        inner = sizes(rows)[2]
        length, slack = self._chunks * self.step, self.width + self.step
        rows = window(rows, 1, -self.before, length, slack, fill)
        rows = tf.reshape(rows, [sizes(rows)[0], self._chunks, self.step * inner])
        for i in range(self.width):
            chunk = cut(rows, 1, i // self.step, self.count)
            yield cut(chunk, 2, i % self.step * inner, inner)

    def sum_windows(self, part: Callable[[int, int], Tensor], inner: Length) -> Tensor:
        """Sums at each element what the windows around it give: the transpose of `elements`.

        `part(i, n)`, float `(outer, count, n * inner)`, is what the windows give their elements i
        to i + n.
        """
        total = 0.0
        for i in range(0, self.width, self.step):
            n = min(self.step, self.width - i)
            chunk = extend(part(i, n), 2, 0, (self.step - n) * inner)
            total += extend(chunk, 1, i // self.step, self._chunks - self.count - i // self.step)
        rows = tf.reshape(total, [sizes(total)[0], self._chunks * self.step, inner])
        rows = window(rows, 1, self.before, self.lengths[self.axis], self.width + self.step)
        return tf.reshape(rows, self.lengths)

    def counts(self) -> Tensor:
        """Returns how many elements of each window are not padding: float32 `(count,)`."""
        starts = tf.range(self.count) * self.step - self.before
        ends = tf.minimum(starts + self.width, self.lengths[self.axis])
        return tf.cast(ends - tf.maximum(starts, 0), "float32")
