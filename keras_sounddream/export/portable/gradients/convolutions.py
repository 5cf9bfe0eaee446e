"""Gradients of convolutions with respect to what they read."""

import tensorflow as tf

from keras_sounddream.export.portable.gradients.pooling import padding_before
from keras_sounddream.export.portable.gradients.shape_helpers import (
    UnfitError,
    cut,
    extend,
    sizes,
    spread,
    window,
)

_FEW = 8  # channels: runtimes compute 16 at a time, however few are wanted
_LONG = 8  # taps


def _geometry(op):
    """Step, dilation and padding of a convolution: pairs for down and across, and bytes."""
    if op.get_attr("data_format") != b"NHWC":
        raise UnfitError("its channels do not come last")
    return op.get_attr("strides")[1:3], op.get_attr("dilations")[1:3], op.get_attr("padding")


def _convolution(op, g):
    x, kernel = op.inputs
    steps, dilations, _ = _geometry(op)
    groups = x.shape[-1] // kernel.shape[2]
    if groups == 1 and max(steps) > 1 and max(dilations) == 1:
        return [_strided(op, g), None]
    turned = _flipped(kernel)
    if groups == 1:
        turned = tf.transpose(turned, [0, 1, 3, 2])
    else:
        height, width, inputs, outputs = kernel.shape
        turned = tf.reshape(turned, [height, width, inputs, groups, outputs // groups])
        turned = tf.transpose(turned, [0, 1, 4, 3, 2])
        turned = tf.reshape(turned, [height, width, outputs // groups, groups * inputs])
    g, how = _surround(op, g)
    return [tf.nn.conv2d(g, turned, 1, how, dilations=dilations), None]


def _strided(op, g):
    """Transposes a convolution in steps as one convolution for each place between two steps.

    Runtimes are slow at transposed convolutions, and quick at one with that many times the
    channels, whose places are then put side by side.
    """
    x, kernel = op.inputs
    steps, _, padding = _geometry(op)
    places, taps = _places(kernel, steps)
    for axis, count in zip((1, 2), taps, strict=True):
        g = extend(g, axis, count - 1, count - 1)
    found = _in_blocks(g, places) if _is_thin(places) else tf.nn.conv2d(g, places, 1, "VALID")
    found = _side_by_side(found, steps, kernel.shape[2])
    for axis, width, step in zip((1, 2), kernel.shape[:2], steps, strict=True):
        length = sizes(x)[axis]
        before = padding_before(length, width, step, padding)
        found = window(found, axis, before, length, step)
    return tf.ensure_shape(found, x.shape)


def _is_thin(kernel):
    height, width, _, outputs = kernel.shape
    return height == 1 and width >= _LONG and outputs <= _FEW


def _in_blocks(x, kernel):
    """Convolves along one axis, into few channels, as matrix products.

    As many places as the kernel has taps make a block, which reads two blocks: its own and the
    next. Blocks are wide enough for a matrix product, where the channels are not.
    """
    _, taps, inputs, outputs = kernel.shape
    batch, _, length, _ = sizes(x)
    count = length // taps  # of blocks, rounded up
    x = extend(x, 2, 0, (count + 1) * taps - length)
    x = tf.reshape(x, [batch, count + 1, taps * inputs])
    shifted = [tf.pad(kernel[0], [[i, taps - i], [0, 0], [0, 0]]) for i in range(taps)]
    table = tf.reshape(tf.stack(shifted, 2), [2, taps * inputs, taps * outputs])
    found = sum(tf.matmul(cut(x, 1, i, count), table[i]) for i in range(2))
    found = tf.reshape(found, [batch, 1, count * taps, outputs])
    return cut(found, 2, 0, length - taps + 1)


def _places(kernel, steps):
    """The kernel `(taps, taps, outputs, places * inputs)` of all places, and how many taps."""
    *widths, inputs, outputs = kernel.shape
    taps = [-(-width // step) for width, step in zip(widths, steps, strict=True)]
    for axis, width in enumerate(widths):
        kernel = extend(kernel, axis, 0, taps[axis] * steps[axis] - width)
    kernel = tf.reshape(kernel, [taps[0], steps[0], taps[1], steps[1], inputs, outputs])
    kernel = tf.transpose(tf.reverse(kernel, [0, 2]), [0, 2, 5, 1, 3, 4])
    return tf.reshape(kernel, [*taps, outputs, steps[0] * steps[1] * inputs]), taps


def _side_by_side(found, steps, channels):
    """From `(batch, rows, columns, places * channels)` to as many rows and columns as places."""
    down, across = steps
    if down == across:
        return tf.nn.depth_to_space(found, down)
    batch, rows, columns, _ = sizes(found)
    if down > 1:
        found = tf.reshape(found, [batch, rows, columns, down, across * channels])
        found = tf.transpose(found, [0, 1, 3, 2, 4])
    return tf.reshape(found, [batch, rows * down, columns * across, channels])


def _depthwise(op, g):
    x, kernel = op.inputs
    _, dilations, _ = _geometry(op)
    height, width, channels, each = kernel.shape
    g, how = _surround(op, g)
    turned = tf.reshape(_flipped(kernel), [height, width, channels * each, 1])
    found = tf.nn.depthwise_conv2d(g, turned, [1] * 4, how, dilations=dilations)
    if each > 1:
        found = tf.reduce_sum(tf.reshape(found, [*sizes(found)[:3], channels, each]), -1)
    return [tf.ensure_shape(found, x.shape), None]


def _flipped(kernel):
    axes = [axis for axis in (0, 1) if kernel.shape[axis] > 1]
    return tf.reverse(kernel, axes) if axes else kernel


def _surround(op, g):
    """Puts a gradient where its windows began, between as many zeros as the flipped kernel wants.

    Returns the array, and the padding that the convolution with the flipped kernel takes.
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
    """A transposed convolution is the gradient of a convolution, which is its gradient."""
    steps, dilations, padding = _geometry(op)
    if max(dilations) > 1:
        raise UnfitError("it is dilated")
    found = tf.nn.conv2d(g, op.inputs[1], steps, padding.decode())
    return [None, None, tf.ensure_shape(found, op.inputs[2].shape)]


RULES = {
    "Conv2D": _convolution,
    "Conv2DBackpropInput": _transposed,
    "DepthwiseConv2dNative": _depthwise,
}
