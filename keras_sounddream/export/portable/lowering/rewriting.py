"""Rewriting of a traced graph, operation by operation, into one that runtimes can hold.

A value is a tensor; an array, of integers that are known while the graph is traced; a `Pair`, a
complex number; or a list, TensorFlow's list of tensors. What depends on none of the operations in
`handlers.HANDLERS` stays the operation that it was.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.export.portable.gradients.shape_helpers import UnfitError
from keras_sounddream.export.portable.lowering.complex_numbers import (
    Pair,
    apart,
    is_complex,
    of_pairs,
)
from keras_sounddream.export.portable.lowering.handlers import (
    CONTROL,
    HANDLERS,
    LOOPS,
)
from keras_sounddream.types import Tensor

_MOST_OPERATIONS = 40_000  # of a graph without loops: converters take minutes for more
_SMALL = 64  # numbers in an array that is known
_WHOLE = (tf.int32, tf.int64, tf.bool)


def lowered(
    operations: Sequence[tf.Operation],
    refuse: Callable[[tf.Operation, UnfitError], Exception],
    x: Tensor | None = None,
) -> Rewriter | None:
    """Rewrites a graph in real numbers and without loops that depend on `x`.

    Args:
        operations: of the graph that is being traced, in the order of computation.
        refuse: function from an operation that has no such form, and the reason, to an error.
        x: what is dreamed on; `None` to leave all loops as they are.

    Returns:
        What knows the new tensors, `Rewriter.tensor`; `None` if nothing is to be rewritten.
    """
    special = {k: h for k, h in HANDLERS.items() if k not in LOOPS} if x is None else HANDLERS
    moving = set() if x is None else _dependent(operations, x)
    if not any(
        (op.type in special and (op.type not in CONTROL or op in moving))
        or any(map(is_complex, op.outputs))
        for op in operations
    ):
        return None
    rewriter = Rewriter(special, moving=moving)
    for op in operations:
        try:
            rewriter.rewrite(op)
        except UnfitError as reason:
            raise refuse(op, reason) from None
    return rewriter


def _dependent(operations, x):
    """The operations that depend on x."""
    tensors, moving = {x.ref()}, set()
    for op in operations:
        if any(tensor.ref() in tensors for tensor in op.inputs):
            moving.add(op)
            tensors.update(y.ref() for y in op.outputs)
    return moving


class Rewriter:
    """The values of a graph's tensors, in the graph that is being traced.

    Args:
        handlers: type of operation → function of this, the operation and its inputs' values to its
            outputs' values.
        scope: name in front of the copies' names.
        around: that of the graph around a loop's body.
        moving: operations that depend on what is dreamed on: other loops stay.
    """

    def __init__(
        self,
        handlers: dict,
        scope: str = "",
        around: Rewriter | None = None,
        moving: Collection[tf.Operation] = (),
    ):
        self._is_inner, self._moving = around is not None, moving
        self._handlers, self._scope, self._values = handlers, scope, {}
        self._known: dict = {}  # of tensors that stay what they are
        self._count: list[int] = [0] if around is None else around._count
        self._constants: dict = {} if around is None else around._constants
        self._graph = tf.compat.v1.get_default_graph()

    def rewrite(self, op: tf.Operation) -> None:
        """Finds the values of an operation's outputs."""
        inputs = [self.value(tensor) for tensor in op.inputs]
        known = [self._array(v, t) for v, t in zip(inputs, op.inputs, strict=True)]
        outputs = _folded(op, inputs, known)
        stays = op.graph is self._graph and all(
            v is t for v, t in zip(inputs, op.inputs, strict=True)
        )
        if outputs is not None:
            table = self._known if stays else self._values
            table.update(zip((y.ref() for y in op.outputs), outputs, strict=True))
            return
        if op.type in self._handlers and self._is_taken_apart(op, inputs):
            inputs = [v if a is None else a for v, a in zip(inputs, known, strict=True)]
            outputs = self._handlers[op.type](self, op, inputs)
        elif any(isinstance(v, Pair) for v in inputs) or any(map(is_complex, op.outputs)):
            outputs = of_pairs(self, op, inputs)
        elif op.type == "Identity" and isinstance(inputs[0], list):
            outputs = inputs
        elif any(isinstance(v, list) for v in inputs):
            raise UnfitError("it takes a list of tensors")
        elif stays:
            return
        elif op.graph is not self._graph and "_gradient_op_type" in op.node_def.attr:
            raise UnfitError("it has a gradient of its own within a loop")
        elif op.type == "Const":  # once for all rounds of a loop
            outputs = self._constants.get(op) or self.copy(op, inputs)
            self._constants[op] = outputs
        else:
            outputs = self.copy(op, inputs)
        self._values.update(zip((y.ref() for y in op.outputs), outputs, strict=True))

    def _is_taken_apart(self, op, inputs):
        if op.type not in CONTROL or self._is_inner or op in self._moving:
            return True
        return any(isinstance(v, list | Pair) for v in inputs)

    def value(self, tensor: Tensor) -> Any:
        """The value of a tensor."""
        value = self._values.get(tensor.ref(), tensor)
        return apart(tensor) if value is tensor and is_complex(tensor) else value

    def tensor(self, tensor: Tensor) -> Tensor:
        """The tensor that takes the place of one; a complex one is put together again."""
        value = self.value(tensor)
        return tf.complex(*value) if isinstance(value, Pair) else tf.convert_to_tensor(value)

    def copy(self, op: tf.Operation, inputs: Iterable[Any], real: bool = False) -> list[Tensor]:
        """The outputs of the same operation on other inputs; `real` for parts of complex ones."""
        self._count[0] += 1
        if self._count[0] > _MOST_OPERATIONS:
            raise UnfitError(
                f"it makes more than {_MOST_OPERATIONS} operations once its loops are taken "
                "apart: shorten the sound, or pool before it"
            )
        inputs = [
            v if tf.is_tensor(v) else tf.constant(v, t.dtype)
            for v, t in zip(inputs, op.inputs, strict=True)
        ]
        attributes = {name: _real(value) if real else value for name, value in _attributes(op)}
        new = self._graph._create_op_internal(
            op.type, inputs, name=self._scope + op.name, attrs=attributes, op_def=op.op_def
        )
        return list(new.outputs)

    def call(self, graph: Any, inputs: Sequence[Any], scope: str) -> list[Any]:
        """The values of a function's outputs, of values as its inputs."""
        inner = Rewriter(self._handlers, scope, self)
        inner._values = dict(zip((t.ref() for t in graph.inputs), inputs, strict=True))
        for op in _needed(graph):
            inner.rewrite(op)
        return [inner.value(tensor) for tensor in graph.outputs]

    def _array(self, value, tensor):
        """A value as an array if it is known, else `None`."""
        if isinstance(value, np.ndarray | np.generic):
            return value
        return self._known.get(tensor.ref()) if value is tensor else None


def _needed(graph):
    """A function's operations that its outputs are computed by, in the order of computation."""
    needed, stack = set(), [tensor.op for tensor in graph.outputs]
    while stack:
        op = stack.pop()
        if op not in needed:
            needed.add(op)
            stack += [tensor.op for tensor in op.inputs]
    return [op for op in graph.get_operations() if op in needed and op.type != "Placeholder"]


def _attributes(op):
    return [(k, v) for k, v in op.node_def.attr.items() if k != "_output_shapes"]


def _real(attribute):
    """An attribute whose complex type, if it is one, is the real one."""
    kinds = {tf.complex64.as_datatype_enum: tf.float32.as_datatype_enum}
    if attribute.type in kinds:
        attribute = type(attribute)(type=kinds[attribute.type])
    return attribute


def _folded(op, inputs, known):
    """Outputs of whole numbers that are known while the graph is traced, else `None`."""
    if not op.outputs or any(y.dtype not in _WHOLE for y in op.outputs):
        return None
    if op.type == "Const":
        value = tf.get_static_value(op.outputs[0])
        return [value] if np.size(value) <= _SMALL else None
    if op.type in ("Shape", "Size", "Rank") and tf.is_tensor(inputs[0]):
        return _of_shape(op, inputs[0].shape)
    if op.type == "StridedSlice" and known[0] is None:
        return _length(op, known)
    if not known or any(v is None for v in known) or op.op_def.is_stateful:
        return None
    if any(np.size(v) > _SMALL for v in known):
        return None
    return _eagerly(op, known)


def _of_shape(op, shape):
    if op.type == "Rank" and shape.rank is not None:
        return [np.int32(shape.rank)]
    if not shape.is_fully_defined():
        return None
    numbers = np.array(shape.as_list(), op.outputs[0].dtype.as_numpy_dtype)
    return [numbers if op.type == "Shape" else numbers.prod(dtype=numbers.dtype)]


def _length(op, known):
    """One axis of a shape of which others are not known."""
    value = tf.get_static_value(op.inputs[0], partial=True)
    entries = known[1]
    if value is None or entries is None or np.size(entries) != 1:
        return None
    if op.get_attr("shrink_axis_mask") != 1:
        return None
    length = value[int(np.ravel(entries)[0])]
    return None if length is None else [op.outputs[0].dtype.as_numpy_dtype(length)]


def _eagerly(op, known):
    """The operation's outputs, computed now."""
    function = getattr(tf.raw_ops, op.type, None)
    if function is None:
        return None
    names, rest = list(inspect.signature(function).parameters), iter(known)
    given = {}
    for argument in op.op_def.input_arg:
        count = argument.number_attr
        value = [next(rest) for _ in range(op.get_attr(count))] if count else next(rest)
        given[argument.name] = value
    attributes = {attribute.name for attribute in op.op_def.attr}
    arguments = {name: op.get_attr(name) for name in names if name in attributes}
    # Some inputs have another name in Python, such as a reduction's axes.
    renamed = iter([name for name in names if name not in (*attributes, *given, "name")])
    for name, value in given.items():
        arguments[name if name in names else next(renamed)] = value
    with tf.init_scope():
        return [y.numpy() for y in tf.nest.flatten(function(**arguments))]


def lowered_outputs(
    function: Callable[..., dict], refuse: Callable[[tf.Operation, UnfitError], Exception]
) -> Callable[..., dict]:
    """Returns a function to a dict of tensors that are computed in real numbers."""

    def real(**inputs):
        outputs = function(**inputs)
        operations = tf.compat.v1.get_default_graph().get_operations()
        rewriter = lowered([op for op in operations if op.outputs], refuse)
        if rewriter is None:
            return outputs
        return {name: rewriter.tensor(tensor) for name, tensor in outputs.items()}

    return real
