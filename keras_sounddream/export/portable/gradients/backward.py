"""Reverse-mode differentiation of a graph in portable operations, operation by operation."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.framework.ops import get_gradient_function

from keras_sounddream.errors import ExportError
from keras_sounddream.export.portable.gradients import arithmetic, shapes, windows
from keras_sounddream.export.portable.gradients.shape_helpers import UnfitError
from keras_sounddream.export.portable.lowering.complex_numbers import is_complex
from keras_sounddream.export.portable.lowering.rewriting import lowered
from keras_sounddream.types import Tensor

# Type of operation: function of a `tf.Operation` and the gradient of each of its outputs, to a list
# of the gradients of its inputs. A gradient may be given as a function, which is called if it is
# needed; `None` stands for one that cannot be taken, or, of an output, for zero.
RULES = {**arithmetic.RULES, **shapes.RULES, **windows.RULES}
FLAT = {"Ceil", "Floor", "OnesLike", "Rint", "Round", "Sign", "StopGradient", "ZerosLike"}


@tf.autograph.experimental.do_not_convert
def portable_gradient(
    function: Callable[[Tensor], Tensor],
    x: Tensor,
    layers: Sequence[str] = (),
    checks: Any = None,
) -> tuple[Tensor, Tensor]:
    """Computes scores and the gradient of their sum, in operations that LiteRT and ONNX have.

    To be called in a `tf.function`; in the body of a `tf.while_loop` too. Batch and lengths may be
    unknown. The numbers are those of `tf.gradients`, ties included. Complex numbers and loops of a
    known number of rounds, such as those of recurrent layers, are rewritten first.

    Args:
        function: from a tensor to scores, float, of any shape. A `tf.function` that it calls is
            traced as part of the graph around it.
        x: float tensor.
        layers: names of layers that an error may mention.
        checks: a `RuleChecks`, to which every operation that has a rule is added.

    Returns:
        `(scores, gradient)`, the gradient of the shape of `x`.

    Raises:
        ExportError: if an operation between `x` and the scores has no gradient of this kind, or
            none lets any gradient through.
    """
    if tf.executing_eagerly():
        raise ValueError("Expected to be called in a tf.function. Received: eager execution")
    x = tf.identity(x)

    def refuse(op, reason):
        return ExportError(_refusal(op, reason, layers))

    with _inlined():
        scores = function(x)
        rewriter = lowered(_between(scores, x), refuse, x)
        scores = _portable(scores if rewriter is None else rewriter.tensor(scores), x, checks)
    return scores, _backward(scores, x, refuse, checks, rewriter)


@contextlib.contextmanager
def _inlined():
    """Makes called `tf.function`s add their operations to the present graph."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _portable(scores, x, checks):
    """Scores in which operations that runtimes lack are replaced."""
    for op in _between(scores, x):
        if op.type in arithmetic.STAND_INS:
            y = op.outputs[0]
            if checks is not None:
                checks.add(op, {op.inputs[0].ref()})
            stand_in = arithmetic.stand_in(op.type, op.inputs[0])
            for consumer in y.consumers():
                for i, tensor in enumerate(consumer.inputs):
                    if tensor is y:
                        consumer._update_input(i, stand_in)
            scores = stand_in if scores is y else scores
    return scores


def _between(scores, x):
    """The operations between x and scores, in the order of computation."""
    ordered, stack = {}, [(scores.op, False)]
    while stack:
        op, is_ready = stack.pop()
        if is_ready:
            ordered[op] = None
        elif op not in ordered and op is not x.op:
            stack.append((op, True))
            stack += [(tensor.op, False) for tensor in op.inputs]
    return list(ordered)


def _backward(scores, x, refuse, checks, rewriter):
    operations = _between(scores, x)
    active = _active(operations, x, refuse)
    gradients = {scores.ref(): tf.ones_like(scores)} if scores.ref() in active else {}
    for op in reversed(operations):
        upstream = [gradients.pop(output.ref(), None) for output in op.outputs]
        if all(gradient is None for gradient in upstream):
            continue
        try:
            parts = _parts(op, upstream, active, rewriter)
        except UnfitError as reason:
            raise refuse(op, reason) from None
        if checks is not None and op.type in RULES:
            checks.add(op, active)
        for i, gradient in enumerate(parts):
            ref = op.inputs[i].ref()
            if gradient is not None and ref in active:
                gradients[ref] = gradients[ref] + gradient if ref in gradients else gradient
    gradient = gradients.get(x.ref())
    if gradient is None:
        raise ExportError(
            "The objective has no gradient: nothing that it is computed by changes smoothly with "
            "what is dreamed on. Dream on another layer."
        )
    return tf.ensure_shape(gradient, x.shape)


def _active(operations, x, refuse):
    """The tensors that depend on x smoothly, as references.

    Whole numbers and truth values end a dependence, and so do the operations of `FLAT` and those
    that TensorFlow calls not differentiable. A list or a resource would hide one: it is refused.
    """
    active = {x.ref()}
    for op in operations:
        if op.type in FLAT or not any(tensor.ref() in active for tensor in op.inputs):
            continue
        if _is_flat(op):
            continue
        active.update(out.ref() for out in op.outputs if out.dtype.is_floating)
        if any(out.dtype in (tf.variant, tf.resource) or is_complex(out) for out in op.outputs):
            raise refuse(op, UnfitError("there is none for its type"))
    return active


def _is_flat(op):
    """Whether TensorFlow takes an operation for constant."""
    try:
        return op.type not in RULES and get_gradient_function(op) is None
    except LookupError:
        return False


def _parts(op, upstream, active, rewriter):
    """As `input_gradients`; a gradient that a function was given reads tensors as rewritten."""
    if rewriter is None or op.type != "IdentityN":
        return input_gradients(op, upstream, active)
    count = len(op.graph.get_operations())
    parts = input_gradients(op, upstream, active)
    for new in op.graph.get_operations()[count:]:
        rewriter.rewrite(new)
    return [None if part is None else rewriter.tensor(part) for part in parts]


def input_gradients(
    op: tf.Operation, upstream: Sequence[Tensor | None], active: set
) -> list[Tensor | None]:
    """Returns gradients of an operation's inputs, `None` for those that do not depend on x.

    `upstream` are the gradients of its outputs, `None` for zero; `active` are references of the
    tensors that depend on x.
    """
    if op.type == "IdentityN":
        return _custom(op, upstream) if _is_custom(op) else list(upstream)
    needed = [tensor.ref() in active for tensor in op.inputs]
    if op.type not in RULES:
        raise UnfitError("there is none for its type")
    gradients = RULES[op.type](op, *upstream)
    if any(need and gradient is None for need, gradient in zip(needed, gradients, strict=True)):
        raise UnfitError(f"its input {gradients.index(None)} is dreamed on")
    return [
        (gradient() if callable(gradient) else gradient) if need else None
        for need, gradient in zip(needed, gradients, strict=True)
    ]


def _is_custom(op):
    try:
        return bool(op.get_attr("_gradient_op_type"))
    except ValueError:
        return False


def _custom(op, upstream):
    """The gradient that a function was given by `custom_gradient`, in its own operations."""
    pairs = zip(op.outputs, upstream, strict=True)
    outputs, known = zip(*[pair for pair in pairs if pair[1] is not None], strict=True)
    return tf.gradients(outputs, list(op.inputs), grad_ys=known)


def _refusal(op, reason, layers):
    return (
        f"Operation {place_of(op, layers)} has no portable gradient: {reason}. Dream on a "
        "layer before it, or dream in TensorFlow."
    )


def place_of(op: tf.Operation, layers: Sequence[str]) -> str:
    """Returns an operation's type, the layer that it is of, if one is, and its name, for errors."""
    *scopes, _ = op.name.split("/")
    names = [
        n
        for scope in reversed(scopes)
        for n in layers
        if re.fullmatch(rf"{re.escape(n)}(_\d+)*", scope)
    ]
    where = f" of layer {max(names, key=len)!r}" if names else ""
    return f"{op.type}{where} ({op.name})"
