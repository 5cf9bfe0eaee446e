"""The operations that are rewritten: Fourier transforms, and loops with their lists of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops.control_flow_util_v2 import get_func_graph

from keras_sounddream.export.portable.gradients.shape_helpers import UnfitError
from keras_sounddream.export.portable.lowering import fourier
from keras_sounddream.export.portable.lowering.complex_numbers import (
    OF_COMPLEX,
    Pair,
    check_single,
)

_MOST_ROUNDS = 4096


def _rfft(rewriter, op, inputs):
    check_single(op)
    length = int(_known(inputs[1], "its length")[0])
    return [Pair(*fourier.transform(inputs[0], None, length, length // 2 + 1))]


def _irfft(rewriter, op, inputs):
    check_single(op)
    return [fourier.from_half(*inputs[0], int(_known(inputs[1], "its length")[0]))]


def _fft(inverse):
    def handler(rewriter, op, inputs):
        check_single(op)
        length = inputs[0].real.shape[-1]
        if length is None:
            raise UnfitError("the length that it transforms is not known")
        return [Pair(*fourier.transform(*inputs[0], length, length, inverse))]

    return handler


def _known(value, what) -> Any:
    if not isinstance(value, np.ndarray | np.generic):
        raise UnfitError(
            f"{what} is not known before it runs: give the file one length (`seconds=5`, "
            "--seconds 5)"
        )
    return value


def _while(rewriter, op, values):
    """Repeats a loop's body as often as its condition says, which must be known."""
    condition, body = (_function(op, part) for part in ("cond", "body"))
    for _ in range(_MOST_ROUNDS):
        (goes_on,) = rewriter.call(condition, values, f"{op.name}/")
        if not _known(goes_on, "its number of rounds"):
            return values
        values = rewriter.call(body, values, f"{op.name}/")
    raise UnfitError(f"it has more than {_MOST_ROUNDS} rounds")


def _if(rewriter, op, values):
    branch = "then_branch" if _known(values[0], "its condition") else "else_branch"
    return rewriter.call(_function(op, branch), values[1:], f"{op.name}/")


def _call(rewriter, op, values):
    return rewriter.call(_function(op, "f"), values, f"{op.name}/")


def _function(op, attribute):
    """The graph of a function that an operation calls."""
    kept = getattr(op, f"_{attribute}_graph", None)
    if kept is not None:
        return kept
    shapes = [tensor.shape for tensor in op.inputs[op.type.endswith("If") :]]
    return get_func_graph(op, shapes, op.get_attr(attribute).name)


def _reserve(rewriter, op, inputs):
    return [[None] * int(_known(inputs[1], "its length"))]


def _from_tensor(rewriter, op, inputs):
    if not tf.is_tensor(inputs[0]):
        return [list(inputs[0])]
    if inputs[0].shape[0] is None:
        _known(None, "its length")
    return [tf.unstack(inputs[0])]


def _get_item(rewriter, op, inputs):
    items, index = inputs[0], int(_known(inputs[1], "its place in a list"))
    if items[index] is None:
        return [tf.zeros(op.outputs[0].shape, op.outputs[0].dtype)]
    return [items[index]]


def _set_item(rewriter, op, inputs):
    items, index = list(inputs[0]), int(_known(inputs[1], "its place in a list"))
    items[index] = inputs[2]
    return [items]


def _stack(rewriter, op, inputs):
    items = inputs[0]
    if not items or any(item is None for item in items):
        raise UnfitError("a list of tensors has empty places")
    if any(isinstance(item, Pair) for item in items):
        parts = zip(*items, strict=True)
        return [Pair(*(tf.stack(part) for part in parts))]
    return [tf.stack(items)]


CONTROL = {
    "If": _if,
    "PartitionedCall": _call,
    "StatefulPartitionedCall": _call,
    "StatelessIf": _if,
    "StatelessWhile": _while,
    "While": _while,
}
LOOPS = {
    **CONTROL,
    "TensorListFromTensor": _from_tensor,
    "TensorListGetItem": _get_item,
    "TensorListLength": lambda rewriter, op, inputs: [np.int32(len(inputs[0]))],
    "TensorListReserve": _reserve,
    "TensorListSetItem": _set_item,
    "TensorListStack": _stack,
}
# Type of operation: function of a `Rewriter`, the operation and the values of its inputs, to those
# of its outputs.
HANDLERS = {
    **LOOPS,
    **OF_COMPLEX,
    "FFT": _fft(inverse=False),
    "IFFT": _fft(inverse=True),
    "IRFFT": _irfft,
    "RFFT": _rfft,
}
