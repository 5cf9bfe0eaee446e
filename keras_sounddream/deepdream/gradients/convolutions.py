"""Gradients of convolutions with respect to what they read."""

import tensorflow as tf

from keras_sounddream.deepdream.gradients.pieces import (
    UnfitError,
    extend,
    sizes,
    spread,
    window,
)
from keras_sounddream.deepdream.gradients.pools import padding_before


def _geometry(op):
    """Step, dilation and padding of a convolution: pairs for down and across, and bytes."""
    if op.get_attr("data_format") != b"NHWC":
        raise UnfitError("its channels do not come last")
    return op.get_attr("strides")[1:3], op.get_attr("dilations")[1:3], op.get_attr("padding")


def _convolution(op, g):
    x, kernel = op.inputs
    (down, across), dilations, padding = _geometry(op)
    groups = x.shape[-1] // kernel.shape[2]
    if groups == 1 and max(down, across) > 1 and max(dilations) == 1:
        return [_strided(g, kernel, sizes(x), (down, across), padding.decode()), None]
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


def _strided(g, kernel, lengths, steps, padding):
    """Transposes a convolution in steps, onto the part that its windows reach, zeros behind it.

    Of the whole at once tf2onnx makes a file whose padding is negative.
    """
    reached = list(lengths)
    for axis, step in zip((1, 2), steps, strict=True):
        count, length = g.shape[axis], lengths[axis]
        if isinstance(length, int) and count is not None:
            reached[axis] = min(length, (count - 1) * step + kernel.shape[axis - 1])
    found = tf.nn.conv2d_transpose(g, kernel, reached, [1, *steps, 1], padding)
    for axis in (1, 2):
        if reached[axis] is not lengths[axis]:
            found = extend(found, axis, 0, lengths[axis] - reached[axis])
    return found


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
