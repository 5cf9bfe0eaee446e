"""Gradients of rearrangements: slices, pads, joins, transposes, repeats, resizes."""

import numpy as np
import tensorflow as tf

from keras_sounddream.export.portable.gradients.shape_helpers import (
    UnfitError,
    constant,
    cut,
    extend,
    flat,
    reshape_like,
    sizes,
    spread,
    sum_to_shape,
)


def _reshape(op, g):
    return [reshape_like(g, op.inputs[0])] + [None] * (len(op.inputs) - 1)


def _expand(op, g):
    return [tf.squeeze(g, int(constant(op, 1)) % g.shape.rank), None]


def _squeeze(op, g):
    x = op.inputs[0]
    axes = op.get_attr("squeeze_dims") or [i for i, n in enumerate(x.shape) if n == 1]
    for axis in sorted(axis % x.shape.rank for axis in axes):
        g = tf.expand_dims(g, axis)
    return [tf.ensure_shape(g, x.shape)]


def _transpose(op, g):
    return [tf.transpose(g, [int(i) for i in np.argsort(constant(op, 1))]), None]


def _join(op, g):
    *parts, _ = op.inputs
    axis = int(constant(op, len(parts))) % g.shape.rank
    pieces, start = [], 0
    for part in parts:
        length = sizes(part)[axis]
        pieces.append(lambda start=start, length=length: cut(g, axis, start, length))
        start = start + length
    return [*pieces, None]


def _stack(op, g):
    axis = op.get_attr("axis") % g.shape.rank
    return [
        lambda i=i, part=part: reshape_like(cut(g, axis, i, 1), part)
        for i, part in enumerate(op.inputs)
    ]


def _unstack(op, *parts):
    return [tf.stack(_filled(op, parts), axis=op.get_attr("axis"))]


def _split(op, *parts):
    return [None, tf.concat(_filled(op, parts), int(constant(op, 0)))]


def _split_by_sizes(op, *parts):
    return [tf.concat(_filled(op, parts), int(constant(op, 2))), None, None]


def _filled(op, parts):
    """Gradients of all outputs, zeros for those that nothing depends on."""
    return [
        tf.zeros_like(y) if part is None else part
        for part, y in zip(parts, op.outputs, strict=True)
    ]


def _slice(op, g):
    return [_put_back(g, op.inputs[0], _entries(op.inputs[1])), None, None]


def _put_back(g, x, starts):
    """Surrounds a slice of x, one start per axis, by zeros to the shape of x."""
    for axis, (start, total, part) in enumerate(zip(starts, sizes(x), sizes(g), strict=True)):
        if x.shape[axis] is None or g.shape[axis] != x.shape[axis]:
            g = extend(g, axis, start, total - start - part)
    return tf.ensure_shape(g, x.shape)


def _entries(vector):
    """Entries of a short vector: int where they are known, else scalar tensors."""
    known = tf.get_static_value(vector, partial=True)
    if known is None:
        return tf.unstack(vector)
    return [vector[i] if n is None else int(n) for i, n in enumerate(known)]


def _strided_slice(op, g):
    x, steps = op.inputs[0], constant(op, 3)
    starts, strides, lengths, reversed_axes = [], [], [], []  # the first three per axis of x
    begins, received = _entries(op.inputs[1]), iter(sizes(g))
    mask = {name: op.get_attr(f"{name}_mask") for name in ("begin", "end", "ellipsis", "new_axis")}
    mask["shrink"] = op.get_attr("shrink_axis_mask")
    named = len(begins) - bin(mask["new_axis"]).count("1") - (mask["ellipsis"] > 0)
    for i, (begin, step) in enumerate(zip(begins, steps, strict=True)):
        has = {name: bits >> i & 1 for name, bits in mask.items()}
        if has["ellipsis"]:
            rest = x.shape.rank - named
            starts, strides = starts + [0] * rest, strides + [1] * rest
            lengths += [next(received) for _ in range(rest)]
        elif has["new_axis"]:
            next(received)
        else:
            if step < 1 and not (step == -1 and has["begin"] and has["end"]):
                raise UnfitError("it goes backwards: use ops.flip")
            if step == -1:
                reversed_axes.append(len(starts))
            total = sizes(x)[len(starts)]
            starts.append(0 if has["begin"] and not has["shrink"] else _from_start(begin, total))
            strides.append(abs(int(step)))
            lengths.append(1 if has["shrink"] else next(received))
    rest = x.shape.rank - len(starts)
    g = tf.reshape(g, lengths + list(received))
    g = tf.reverse(g, reversed_axes) if reversed_axes else g
    starts, strides = starts + [0] * rest, strides + [1] * rest
    for axis, step in enumerate(strides):
        if step > 1:
            length = (sizes(g)[axis] - 1) * step + 1
            g = cut(spread(g, axis, step), axis, 0, length)
    return [_put_back(g, x, starts), None, None, None]


def _from_start(begin, total):
    if not isinstance(begin, int) or begin >= 0:
        return begin
    return max(total + begin, 0) if isinstance(total, int) else total + begin


def _pad(op, g):
    x = op.inputs[0]
    for axis, (before, _) in enumerate(constant(op, 1)):
        g = cut(g, axis, int(before), sizes(x)[axis])
    return [g] + [None] * (len(op.inputs) - 1)


def _mirror_pad(op, g):
    """The gradient of a mirrored edge is reversed and added to that of its source."""
    x = op.inputs[0]
    apart = 1 if op.get_attr("mode") == b"REFLECT" else 0
    for axis, (before, after) in enumerate(constant(op, 1)):
        before, after, length = int(before), int(after), sizes(x)[axis]
        middle = cut(g, axis, before, length)
        for width, start, offset in (
            (before, 0, apart),
            (after, before + length, length - apart - after),
        ):
            if width:
                edge = tf.reverse(cut(g, axis, start, width), [axis])
                middle = middle + extend(edge, axis, offset, length - offset - width)
        g = middle
    return [g, None]


def _tile(op, g):
    x = op.inputs[0]
    times, lengths = _entries(op.inputs[1]), sizes(x)
    repeated = [i for i, n in enumerate(times) if not (isinstance(n, int) and n == 1)]
    split = []  # (repeats, length) in place of each repeated axis
    for axis in range(len(lengths)):
        split += [times[axis], lengths[axis]] if axis in repeated else [lengths[axis]]
    summed = [axis + i for i, axis in enumerate(repeated)]
    return [tf.ensure_shape(tf.reduce_sum(tf.reshape(g, split), summed), x.shape), None]


def _gather(op, g):
    """A product with the matrix that has a 1 where an element was taken from."""
    if op.get_attr("batch_dims"):
        raise UnfitError("its batch_dims are not 0")
    x, indices = op.inputs[0], op.inputs[1]
    axis, lengths = int(constant(op, 2)) % x.shape.rank, sizes(x)
    count = sizes(tf.reshape(indices, [-1]))[0]
    taken = tf.one_hot(tf.reshape(indices, [-1]), lengths[axis], axis=0, dtype=g.dtype)
    if axis == x.shape.rank - 1:
        rows = tf.matmul(tf.reshape(g, [-1, count]), tf.transpose(taken))
    else:
        g = flat(tf.reshape(g, [*lengths[:axis], count, *lengths[axis + 1 :]]), axis)
        rows = tf.matmul(taken, g)
    return [reshape_like(rows, x), None, None]


def _stretch(resize):
    """Resizing is a product with one matrix per axis, a resized unit matrix."""

    def matrix(op, length, stretched):
        if not (isinstance(length, int) and isinstance(stretched, int)):
            raise UnfitError("the sizes that it resizes between are not known")
        attributes = {n: op.get_attr(n) for n in ("align_corners", "half_pixel_centers")}
        unit = np.eye(length, dtype="float32")[None, :, :, None]
        with tf.init_scope():
            return resize(images=unit, size=[stretched, length], **attributes).numpy()[0, :, :, 0]

    def rule(op, g):
        x = op.inputs[0]
        batch, height, width, channels = sizes(x)
        _, new_height, new_width, _ = sizes(op.outputs[0])
        rows = matrix(op, height, new_height)
        columns = matrix(op, width, new_width)
        g = tf.matmul(columns.T, tf.reshape(g, [-1, new_width, channels]))
        g = tf.matmul(rows.T, tf.reshape(g, [batch, new_height, width * channels]))
        return [tf.reshape(g, [batch, height, width, channels]), None]

    return rule


def _blocks(gradient):
    return lambda op, g: [gradient(g, op.inputs[1], op.inputs[2]), None, None]


RULES = {
    "BatchToSpaceND": _blocks(tf.space_to_batch),
    "BroadcastTo": lambda op, g: [sum_to_shape(g, op.inputs[0], g.shape), None],
    "ConcatV2": _join,
    "DepthToSpace": lambda op, g: [tf.nn.space_to_depth(g, op.get_attr("block_size"))],
    "ExpandDims": _expand,
    "GatherV2": _gather,
    "MirrorPad": _mirror_pad,
    "Pack": _stack,
    "Pad": _pad,
    "PadV2": _pad,
    "Reshape": _reshape,
    "ResizeBilinear": _stretch(tf.raw_ops.ResizeBilinear),
    "ResizeNearestNeighbor": _stretch(tf.raw_ops.ResizeNearestNeighbor),
    "ReverseV2": lambda op, g: [tf.reverse(g, op.inputs[1]), None],
    "Roll": lambda op, g: [tf.roll(g, -op.inputs[1], op.inputs[2]), None, None],
    "Slice": _slice,
    "SpaceToBatchND": _blocks(tf.batch_to_space),
    "SpaceToDepth": lambda op, g: [tf.nn.depth_to_space(g, op.get_attr("block_size"))],
    "Split": _split,
    "SplitV": _split_by_sizes,
    "Squeeze": _squeeze,
    "StridedSlice": _strided_slice,
    "Tile": _tile,
    "Transpose": _transpose,
    "Unpack": _unstack,
}
