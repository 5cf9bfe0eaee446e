"""Complex tensors as pairs of real ones: TensorFlow's operations on them in real arithmetic."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from keras_sounddream.export.portable.gradients.shape_helpers import UnfitError
from keras_sounddream.types import Tensor

_TINY = 1e-30


class Pair(NamedTuple):
    """The two parts of a complex tensor, each float32 of its shape."""

    real: Tensor
    imaginary: Tensor


def is_complex(tensor: Tensor) -> bool:
    """Tells whether a tensor is complex."""
    return tensor.dtype.is_complex


def apart(tensor: Tensor) -> Pair:
    """The parts of a complex tensor that is computed elsewhere, such as a constant."""
    if tensor.dtype != tf.complex64:
        raise UnfitError("it is in complex numbers of double precision")
    value = tf.get_static_value(tensor)
    if value is not None:
        return Pair(tf.constant(value.real), tf.constant(value.imag))
    return Pair(tf.math.real(tensor), tf.math.imag(tensor))


def check_single(op: tf.Operation) -> None:
    """Refuses complex numbers of double precision."""
    if tf.complex128 in [t.dtype for t in (*op.inputs, *op.outputs)]:
        raise UnfitError("it is in complex numbers of double precision")


@tf.custom_gradient
def magnitude(real: Tensor, imaginary: Tensor) -> Any:
    """Absolute value, whose gradient at 0 is 0, as TensorFlow's."""
    y = tf.sqrt(real * real + imaginary * imaginary)

    def gradient(upstream):
        share = upstream / tf.maximum(y, _TINY)
        return share * real, share * imaginary

    return y, gradient


@tf.custom_gradient
def phase(real: Tensor, imaginary: Tensor) -> Any:
    """Angle in radians; its gradient at 0 is 0."""

    def gradient(upstream):
        share = upstream / tf.maximum(real * real + imaginary * imaginary, _TINY)
        return -share * imaginary, share * real

    return tf.atan2(imaginary, real), gradient


def _quotient(a, b):
    square = b.real * b.real + b.imaginary * b.imaginary
    return Pair(
        (a.real * b.real + a.imaginary * b.imaginary) / square,
        (a.imaginary * b.real - a.real * b.imaginary) / square,
    )


def _exponential(z):
    size = tf.exp(z.real)
    return Pair(size * tf.cos(z.imaginary), size * tf.sin(z.imaginary))


def _bilinear(rewriter, op, inputs):
    """Products: of real parts less that of imaginary parts, and the two mixed ones."""
    if any(op.node_def.attr[name].b for name in ("adj_x", "adj_y")):
        raise UnfitError("it conjugates a factor")
    a, b = inputs

    def product(x, y):
        return rewriter.copy(op, [x, y], real=True)[0]

    return [
        Pair(
            product(a.real, b.real) - product(a.imaginary, b.imaginary),
            product(a.real, b.imaginary) + product(a.imaginary, b.real),
        )
    ]


def _linear(rewriter, op, inputs):
    """Operations that treat both parts alike."""
    parts = [
        rewriter.copy(op, [v[i] if isinstance(v, Pair) else v for v in inputs], real=True)
        for i in range(2)
    ]
    return [Pair(*pair) for pair in zip(*parts, strict=True)]


def _cast(rewriter, op, inputs):
    (value,) = inputs
    check_single(op)
    if not isinstance(value, Pair):
        real = tf.cast(value, tf.float32)
        return [Pair(real, tf.zeros_like(real))]
    if op.outputs[0].dtype.is_complex:
        return [value]
    return [tf.cast(value.real, op.outputs[0].dtype)]


def _of_one(function):
    return lambda rewriter, op, inputs: [function(Pair(*inputs[0]))]


def _of_two(function):
    return lambda rewriter, op, inputs: [function(*inputs)]


# Operations on complex numbers, which take or give real ones.
OF_COMPLEX = {
    "Angle": _of_one(lambda z: phase(*z)),
    "Complex": lambda rewriter, op, inputs: [Pair(*inputs)],
    "ComplexAbs": _of_one(lambda z: magnitude(*z)),
    "Conj": _of_one(lambda z: Pair(z.real, -z.imaginary)),
    "Imag": _of_one(lambda z: z.imaginary),
    "Real": _of_one(lambda z: z.real),
}
_LINEAR = {
    *("AddN", "AddV2", "BroadcastTo", "ConcatV2", "EnsureShape", "ExpandDims", "GatherV2"),
    *("Identity", "Mean", "Neg", "Pack", "Pad", "Reshape", "ReverseV2", "Roll", "SelectV2"),
    *("Slice", "Split", "SplitV", "Squeeze", "StopGradient", "StridedSlice", "Sub", "Sum"),
    *("Tile", "Transpose", "Unpack", "ZerosLike"),
}
_ON_PAIRS = {
    **dict.fromkeys(_LINEAR, _linear),
    **dict.fromkeys(("BatchMatMulV2", "Einsum", "MatMul", "Mul"), _bilinear),
    "Cast": _cast,
    "Exp": _of_one(_exponential),
    "RealDiv": _of_two(_quotient),
    "Reciprocal": _of_one(lambda z: _quotient(Pair(tf.ones_like(z.real), 0.0 * z.real), z)),
    "Square": _of_one(
        lambda z: Pair(z.real * z.real - z.imaginary * z.imaginary, 2.0 * z.real * z.imaginary)
    ),
}


def of_pairs(rewriter: Any, op: tf.Operation, inputs: list) -> list:
    """The values of an operation's outputs, some of which, or of its inputs, are complex."""
    check_single(op)
    if op.type in ("Shape", "Size", "Rank"):
        return rewriter.copy(op, [inputs[0].real], real=True)
    if op.type in ("Const", "Placeholder") or not any(isinstance(v, Pair) for v in inputs):
        if op.type not in ("Cast", "Const", "Placeholder", "ReadVariableOp", "Fill"):
            raise UnfitError("it makes complex numbers")
        return _cast(rewriter, op, inputs) if op.type == "Cast" else [_made(y) for y in op.outputs]
    if op.type not in _ON_PAIRS:
        raise UnfitError("it takes complex numbers")
    return _ON_PAIRS[op.type](rewriter, op, inputs)


def _made(tensor):
    return apart(tensor) if is_complex(tensor) else tensor
