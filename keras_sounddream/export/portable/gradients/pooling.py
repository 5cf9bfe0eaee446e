"""Gradients of pools, along one axis after the other."""

import tensorflow as tf

from keras_sounddream.export.portable.gradients.shape_helpers import (
    UnfitError,
    cut,
    extend,
    flat,
    sizes,
    window,
)


def padding_before(length, width, step, padding):
    """How many numbers a window reaches before the first, with "same" padding or without.

    Args:
        length: int or int32 scalar, of the axis.
        width: int, from the window's first number to its last.
        step: int, from one window to the next.
        padding: bytes, b"SAME" or b"VALID".

    Returns:
        int or int32 scalar.
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


class _Windows:
    """The windows of a pool along one axis.

    Args:
        lengths: list of int or int32 scalar, of the axes of what is pooled.
        count: int or int32 scalar, how many windows there are.
        axis: int, that they lie along.
        width: int, numbers in a window.
        step: int, from one window to the next.
        padding: bytes, as `padding_before` takes it.
    """

    def __init__(self, lengths, count, axis, width, step, padding):
        self.lengths, self.axis, self.width, self.step = lengths, axis, width, step
        self.count = count
        self.before = padding_before(lengths[axis], width, step, padding)
        self._chunks = count + -(-width // step) - 1  # of a step each, that the windows lie in

    def places(self, x, fill):
        """Yields the first number of every window, the second of every window, and so on."""
        rows = flat(x, self.axis)
        inner = sizes(rows)[2]
        length, slack = self._chunks * self.step, self.width + self.step
        rows = window(rows, 1, -self.before, length, slack, fill)
        rows = tf.reshape(rows, [sizes(rows)[0], self._chunks, self.step * inner])
        for i in range(self.width):
            chunk = cut(rows, 1, i // self.step, self.count)
            yield cut(chunk, 2, i % self.step * inner, inner)

    def add_up(self, part, inner):
        """Adds up at each place what the windows that hold it give: the transpose of `places`.

        Args:
            part: function of i and n, to what the windows give their places i to i + n: float
                `(outer, count, n * inner)`.
            inner: int or int32 scalar.

        Returns:
            float, of `lengths`.
        """
        total = 0.0
        for i in range(0, self.width, self.step):
            n = min(self.step, self.width - i)
            chunk = extend(part(i, n), 2, 0, (self.step - n) * inner)
            total += extend(chunk, 1, i // self.step, self._chunks - self.count - i // self.step)
        rows = tf.reshape(total, [sizes(total)[0], self._chunks * self.step, inner])
        rows = window(rows, 1, self.before, self.lengths[self.axis], self.width + self.step)
        return tf.reshape(rows, self.lengths)

    def fillings(self):
        """How many numbers that are not padding each window holds: float32 `(count,)`."""
        starts = tf.range(self.count) * self.step - self.before
        ends = tf.minimum(starts + self.width, self.lengths[self.axis])
        return tf.cast(ends - tf.maximum(starts, 0), "float32")


def _windows(op):
    """Width and step of a pool's windows, down and across: two pairs."""
    if op.get_attr("data_format") != b"NHWC":
        raise UnfitError("its channels do not come last")
    width, step = op.get_attr("ksize"), op.get_attr("strides")
    if width[0] * width[3] != 1:
        raise UnfitError("it pools over channels or examples")
    return (width[1], step[1]), (width[2], step[2])


def _max_pool(op, g):
    """The first of a window's equal maxima, row by row, gets all, as TensorFlow does."""
    x, y, padding = op.inputs[0], op.outputs[0], op.get_attr("padding")
    down, across = _windows(op)
    of_rows = x  # the maxima of each row's windows
    if across != (1, 1):
        of_rows = tf.nn.max_pool2d(x, (1, across[0]), (1, across[1]), padding.decode())
    g = _first_maximum(of_rows, y, g, 1, *down, padding)
    return [_first_maximum(x, of_rows, g, 2, *across, padding)]


def _first_maximum(x, y, g, axis, width, step, padding):
    if (width, step) == (1, 1):
        return g
    windows = _Windows(sizes(x), sizes(y)[axis], axis, width, step, padding)
    y, left, parts = flat(y, axis), flat(g, axis), []
    for i, place in enumerate(windows.places(x, x.dtype.min)):
        found = left if i == width - 1 else left * tf.cast(tf.equal(place, y), g.dtype)
        left = left - found
        parts.append(found)
    return windows.add_up(lambda i, n: tf.concat(parts[i : i + n], 2), sizes(y)[2])


def _average_pool(op, g):
    padding = op.get_attr("padding")
    for axis, (width, step) in enumerate(_windows(op), start=1):
        if (width, step) != (1, 1):
            g = _average(g, sizes(op.inputs[0])[axis], axis, width, step, padding)
    return [g]


def _average(g, length, axis, width, step, padding):
    lengths, count = sizes(g), sizes(g)[axis]
    lengths[axis] = length
    windows = _Windows(lengths, count, axis, width, step, padding)
    g = flat(g, axis)
    if padding == b"SAME":
        g = g / tf.cast(tf.reshape(windows.fillings(), [1, -1, 1]), g.dtype)
    else:
        g = g / width
    return windows.add_up(lambda i, n: tf.tile(g, [1, 1, n]), sizes(g)[2])


RULES = {"AvgPool": _average_pool, "MaxPool": _max_pool}
