"""Gradients of convolutions and pools with respect to their inputs."""

import tensorflow as tf

from keras_sounddream.export.portable.gradients.shape_helpers import (
    UnfitError,
    Windows,
    cut,
    extend,
    flat,
    padding_before,
    sizes,
    spread,
    window,
)

_FEW = 8  # channels: runtimes compute 16 at a time, however few there are
_LONG = 8  # taps


def _geometry(op):
    """Step, dilation and padding of a convolution: pairs for rows and columns, and bytes."""
    if op.get_attr("data_format") != b"NHWC":
        raise UnfitError("its channels do not come last")
    return op.get_attr("strides")[1:3], op.get_attr("dilations")[1:3], op.get_attr("padding")


def _convolution(op, g):
    x, kernel = op.inputs
    steps, dilations, _ = _geometry(op)
    groups = x.shape[-1] // kernel.shape[2]
    if groups == 1 and max(steps) > 1 and max(dilations) == 1:
        return [_strided(op, g), None]
    flipped = _flipped(kernel)
    if groups == 1:
        flipped = tf.transpose(flipped, [0, 1, 3, 2])
    else:
        height, width, inputs, outputs = kernel.shape
        flipped = tf.reshape(flipped, [height, width, inputs, groups, outputs // groups])
        flipped = tf.transpose(flipped, [0, 1, 4, 3, 2])
        flipped = tf.reshape(flipped, [height, width, outputs // groups, groups * inputs])
    g, padding = _surround(op, g)
    return [tf.nn.conv2d(g, flipped, 1, padding, dilations=dilations), None]


def _strided(op, g):
    """Transposes a strided convolution as one convolution for each offset within a stride.

    Runtimes are slow at transposed convolutions, and quick at one with that many times the
    channels, whose offsets are then put side by side.
    """
    x, kernel = op.inputs
    steps, _, padding = _geometry(op)
    offsets, taps = _offset_kernels(kernel, steps)
    for axis, count in zip((1, 2), taps, strict=True):
        g = extend(g, axis, count - 1, count - 1)
    x_g = _in_blocks(g, offsets) if _is_thin(offsets) else tf.nn.conv2d(g, offsets, 1, "VALID")
    x_g = _side_by_side(x_g, steps, kernel.shape[2])
    for axis, width, step in zip((1, 2), kernel.shape[:2], steps, strict=True):
        length = sizes(x)[axis]
        before = padding_before(length, width, step, padding)
        x_g = window(x_g, axis, before, length, step)
    return tf.ensure_shape(x_g, x.shape)


def _is_thin(kernel):
    height, width, _, outputs = kernel.shape
    return height == 1 and width >= _LONG and outputs <= _FEW


def _in_blocks(x, kernel):
    """Convolves along one axis, into few channels, as matrix products.

    A block has as many elements as the kernel has taps, and depends on two blocks: its own and
    the next. Blocks are wide enough for a matrix product, where the channels are not.
    """
    _, taps, inputs, outputs = kernel.shape
    batch, _, length, _ = sizes(x)
    count = length // taps  # of blocks, rounded up
    x = extend(x, 2, 0, (count + 1) * taps - length)
    x = tf.reshape(x, [batch, count + 1, taps * inputs])
    shifted = [tf.pad(kernel[0], [[i, taps - i], [0, 0], [0, 0]]) for i in range(taps)]
    table = tf.reshape(tf.stack(shifted, 2), [2, taps * inputs, taps * outputs])
    y = sum(tf.matmul(cut(x, 1, i, count), table[i]) for i in range(2))
    y = tf.reshape(y, [batch, 1, count * taps, outputs])
    return cut(y, 2, 0, length - taps + 1)


def _offset_kernels(kernel, steps):
    """The kernel `(taps, taps, outputs, offsets * inputs)` of all offsets, and its taps."""
    *widths, inputs, outputs = kernel.shape
    taps = [-(-width // step) for width, step in zip(widths, steps, strict=True)]
    for axis, width in enumerate(widths):
        kernel = extend(kernel, axis, 0, taps[axis] * steps[axis] - width)
    kernel = tf.reshape(kernel, [taps[0], steps[0], taps[1], steps[1], inputs, outputs])
    kernel = tf.transpose(tf.reverse(kernel, [0, 2]), [0, 2, 5, 1, 3, 4])
    return tf.reshape(kernel, [*taps, outputs, steps[0] * steps[1] * inputs]), taps


def _side_by_side(x, steps, channels):
    """From `(batch, rows, columns, offsets * channels)` to one row and column per offset."""
    down, across = steps
    if down == across:
        return tf.nn.depth_to_space(x, down)
    batch, rows, columns, _ = sizes(x)
    if down > 1:
        x = tf.reshape(x, [batch, rows, columns, down, across * channels])
        x = tf.transpose(x, [0, 1, 3, 2, 4])
    return tf.reshape(x, [batch, rows * down, columns * across, channels])


def _depthwise(op, g):
    x, kernel = op.inputs
    _, dilations, _ = _geometry(op)
    height, width, channels, multiplier = kernel.shape
    g, padding = _surround(op, g)
    flipped = tf.reshape(_flipped(kernel), [height, width, channels * multiplier, 1])
    x_g = tf.nn.depthwise_conv2d(g, flipped, [1] * 4, padding, dilations=dilations)
    if multiplier > 1:
        x_g = tf.reduce_sum(tf.reshape(x_g, [*sizes(x_g)[:3], channels, multiplier]), -1)
    return [tf.ensure_shape(x_g, x.shape), None]


def _flipped(kernel):
    axes = [axis for axis in (0, 1) if kernel.shape[axis] > 1]
    return tf.reverse(kernel, axes) if axes else kernel


def _surround(op, g):
    """Places a gradient where its windows began, among zeros, for a flipped kernel.

    Returns the array, and the padding of the convolution with that kernel.
    """
    x, kernel = op.inputs[:2]
    steps, dilations, padding = _geometry(op)
    widths = [(n - 1) * d + 1 for n, d in zip(kernel.shape[:2], dilations, strict=True)]
    if padding == b"SAME" and max(steps) == 1 and all(width % 2 for width in widths):
        return g, "SAME"
    for axis, width, step in zip((1, 2), widths, steps, strict=True):
        length = sizes(x)[axis]
        before = width - 1 - padding_before(length, width, step, padding)
        if step == 1:
            both = width - 1 if padding == b"SAME" else 2 * (width - 1)
            g = extend(g, axis, before, both - before)
        else:
            g = spread(g, axis, step)
            g = window(g, axis, -before, length + width - 1, width + step)
    return g, "VALID"


def _transposed(op, g):
    """A transposed convolution is a convolution's gradient; its own is that convolution."""
    steps, dilations, padding = _geometry(op)
    if max(dilations) > 1:
        raise UnfitError("it is dilated")
    x_g = tf.nn.conv2d(g, op.inputs[1], steps, padding.decode())
    return [None, None, tf.ensure_shape(x_g, op.inputs[2].shape)]


def _pool_geometry(op):
    """Width and step of a pool's windows, for rows and columns: two pairs."""
    if op.get_attr("data_format") != b"NHWC":
        raise UnfitError("its channels do not come last")
    width, step = op.get_attr("ksize"), op.get_attr("strides")
    if width[0] * width[3] != 1:
        raise UnfitError("it pools over channels or examples")
    return (width[1], step[1]), (width[2], step[2])


def _max_pool(op, g):
    """The first of a window's equal maxima, row by row, gets all, as in TensorFlow."""
    x, y, padding = op.inputs[0], op.outputs[0], op.get_attr("padding")
    down, across = _pool_geometry(op)
    row_maxima = x  # the maxima of each row's windows
    if across != (1, 1):
        row_maxima = tf.nn.max_pool2d(x, (1, across[0]), (1, across[1]), padding.decode())
    g = _first_maximum(row_maxima, y, g, 1, *down, padding)
    return [_first_maximum(x, row_maxima, g, 2, *across, padding)]


def _first_maximum(x, y, g, axis, width, step, padding):
    if (width, step) == (1, 1):
        return g
    windows = Windows(sizes(x), sizes(y)[axis], axis, width, step, padding)
    y, left, parts = flat(y, axis), flat(g, axis), []
    for i, element in enumerate(windows.elements(x, x.dtype.min)):
        part = left if i == width - 1 else left * tf.cast(tf.equal(element, y), g.dtype)
        left = left - part
        parts.append(part)
    return windows.sum_windows(lambda i, n: tf.concat(parts[i : i + n], 2), sizes(y)[2])


def _average_pool(op, g):
    padding = op.get_attr("padding")
    for axis, (width, step) in enumerate(_pool_geometry(op), start=1):
        if (width, step) != (1, 1):
            g = _average(g, sizes(op.inputs[0])[axis], axis, width, step, padding)
    return [g]


def _average(g, length, axis, width, step, padding):
    lengths, count = sizes(g), sizes(g)[axis]
    lengths[axis] = length
    windows = Windows(lengths, count, axis, width, step, padding)
    g = flat(g, axis)
    if padding == b"SAME":
        g = g / tf.cast(tf.reshape(windows.counts(), [1, -1, 1]), g.dtype)
    else:
        g = g / width
    return windows.sum_windows(lambda i, n: tf.tile(g, [1, 1, n]), sizes(g)[2])


RULES = {
    "AvgPool": _average_pool,
    "Conv2D": _convolution,
    "Conv2DBackpropInput": _transposed,
    "DepthwiseConv2dNative": _depthwise,
    "MaxPool": _max_pool,
}
