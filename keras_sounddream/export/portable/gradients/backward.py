"""Reverse-mode differentiation of a graph in portable operations, operation by operation."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence

import tensorflow as tf

from keras_sounddream.errors import InputError
from keras_sounddream.export.portable.gradients import arithmetic, shapes, windows
from keras_sounddream.export.portable.gradients.shape_helpers import UnfitError
from keras_sounddream.types import Tensor

# Type of operation: function of a `tf.Operation` and the gradient of each of its outputs, to a list
# of the gradients of its inputs. A gradient may be given as a function, which is called if it is
# needed; `None` stands for one that cannot be taken, or, of an output, for zero.
RULES = {**arithmetic.RULES, **shapes.RULES, **windows.RULES}
FLAT = {"Ceil", "Floor", "OnesLike", "Rint", "Round", "Sign", "StopGradient", "ZerosLike"}


@tf.autograph.experimental.do_not_convert
def portable_gradient(
    function: Callable[[Tensor], Tensor], x: Tensor, layers: Sequence[str] = ()
) -> tuple[Tensor, Tensor]:
    """Computes scores and the gradient of their sum, in operations that LiteRT and ONNX have.

    To be called in a `tf.function`; in the body of a `tf.while_loop` too. Batch and lengths may be
    unknown. The numbers are those of `tf.gradients`, ties included.

    Args:
        function: from a tensor to scores, float, of any shape. A `tf.function` that it calls is
            traced as part of the graph around it.
        x: float tensor.
        layers: names of layers that an error may mention.

    Returns:
        `(scores, gradient)`, the gradient of the shape of `x`.

    Raises:
        InputError: if an operation has no gradient of this kind.
    """
    if tf.executing_eagerly():
        raise ValueError("Expected to be called in a tf.function. Received: eager execution")
    x = tf.identity(x)
    with _inlined():
        scores = _portable(function(x), x)
    return scores, _backward(scores, x, layers)


@contextlib.contextmanager
def _inlined():
    """Makes called `tf.function`s add their operations to the present graph."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _portable(scores, x):
    """Scores in which operations that runtimes lack are replaced."""
    for op in _between(scores, x):
        if op.type in arithmetic.STAND_INS:
            y = op.outputs[0]
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


def _backward(scores, x, layers):
    operations = _between(scores, x)
    active = _active(operations, x)
    gradients = {scores.ref(): tf.ones_like(scores)}
    for op in reversed(operations):
        upstream = [gradients.pop(output.ref(), None) for output in op.outputs]
        if all(gradient is None for gradient in upstream):
            continue
        for i, gradient in enumerate(_input_gradients(op, upstream, active, layers)):
            ref = op.inputs[i].ref()
            if gradient is not None and ref in active:
                gradients[ref] = gradients[ref] + gradient if ref in gradients else gradient
    gradient = gradients.get(x.ref())
    return tf.zeros_like(x) if gradient is None else tf.ensure_shape(gradient, x.shape)


def _active(operations, x):
    """The tensors that depend on x smoothly, as references."""
    active = {x.ref()}
    for op in operations:
        if op.type not in FLAT and any(tensor.ref() in active for tensor in op.inputs):
            active.update(out.ref() for out in op.outputs if out.dtype.is_floating)
    return active


def _input_gradients(op, upstream, active, layers):
    """Gradients of an operation's inputs, `None` for those that do not depend on x."""
    if op.type == "IdentityN":
        return _custom(op, upstream) if _is_custom(op) else upstream
    needed = [tensor.ref() in active for tensor in op.inputs]
    try:
        if op.type not in RULES:
            raise UnfitError("there is none for its type")
        gradients = RULES[op.type](op, *upstream)
        if any(need and gradient is None for need, gradient in zip(needed, gradients, strict=True)):
            raise UnfitError(f"its input {gradients.index(None)} is dreamed on")
        return [
            (gradient() if callable(gradient) else gradient) if need else None
            for need, gradient in zip(needed, gradients, strict=True)
        ]
    except UnfitError as reason:
        raise InputError(_refusal(op, reason, layers)) from None


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
    *scopes, _ = op.name.split("/")
    names = [
        n
        for scope in reversed(scopes)
        for n in layers
        if re.fullmatch(rf"{re.escape(n)}(_\d+)*", scope)
    ]
    where = f" of layer {max(names, key=len)!r}" if names else ""
    return (
        f"Operation {op.type}{where} ({op.name}) has no portable gradient: {reason}. Dream on a "
        "layer before it, or dream in TensorFlow."
    )
