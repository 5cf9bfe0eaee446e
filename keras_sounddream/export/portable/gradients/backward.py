"""The reverse pass: from a score back to what it was computed from, operation by operation."""

import contextlib
import re

import tensorflow as tf

import keras_sounddream.export.portable.gradients.convolutions as convolutions
import keras_sounddream.export.portable.gradients.matmul as products
import keras_sounddream.export.portable.gradients.pointwise as pointwise
import keras_sounddream.export.portable.gradients.pooling as pools
import keras_sounddream.export.portable.gradients.shapes as shapes
from keras_sounddream.errors import InputError
from keras_sounddream.export.portable.gradients.shape_helpers import UnfitError

# One a type of operation: function of a `tf.Operation` and the gradient of each of its outputs, to
# a list of the gradients of its inputs. A gradient may be given as a function, which is called if
# it is wanted; `None` stands for one that cannot be taken, or, of an output, for zero.
RULES = {
    **pointwise.RULES,
    **products.RULES,
    **shapes.RULES,
    **pools.RULES,
    **convolutions.RULES,
}
FLAT = {"Ceil", "Floor", "OnesLike", "Rint", "Round", "Sign", "StopGradient", "ZerosLike"}


@tf.autograph.experimental.do_not_convert
def portable_gradient(function, x, layers=()):
    """Computes scores and their gradient, in operations that LiteRT and ONNX have.

    To be called in a `tf.function`; in the body of a `tf.while_loop` too. Batch and lengths may be
    unknown. The numbers are those of `tf.gradients`, ties included.

    Args:
        function: from a tensor to scores, float, of any shape. A `tf.function` that it calls is
            traced as part of the graph around it.
        x: float tensor.
        layers: sequence of str, names of layers that an error may mention.

    Returns:
        `(scores, gradient)`: what `function` returns, and the gradient of its sum, of the shape of
        `x`.

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
    """Has a `tf.function` that is called add its operations to the present graph."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _portable(scores, x):
    """Has scores computed without the operations that runtimes lack: the scores."""
    for op in _between(scores, x):
        if op.type in pointwise.STAND_INS:
            y = op.outputs[0]
            stand_in = pointwise.stand_in(op.type, op.inputs[0])
            for consumer in y.consumers():
                for i, each in enumerate(consumer.inputs):
                    if each is y:
                        consumer._update_input(i, stand_in)
            scores = stand_in if scores is y else scores
    return scores


def _between(scores, x):
    """The operations that scores are computed by from x, each after those that it reads."""
    found, stack = {}, [(scores.op, False)]
    while stack:
        op, is_ready = stack.pop()
        if is_ready:
            found[op] = None
        elif op not in found and op is not x.op:
            stack.append((op, True))
            stack += [(each.op, False) for each in op.inputs]
    return list(found)


def _backward(scores, x, layers):
    operations = _between(scores, x)
    active = _active(operations, x)
    gradients = {scores.ref(): tf.ones_like(scores)}
    for op in reversed(operations):
        upstream = [gradients.pop(output.ref(), None) for output in op.outputs]
        if all(gradient is None for gradient in upstream):
            continue
        for i, gradient in enumerate(_of_inputs(op, upstream, active, layers)):
            ref = op.inputs[i].ref()
            if gradient is not None and ref in active:
                gradients[ref] = gradients[ref] + gradient if ref in gradients else gradient
    found = gradients.get(x.ref())
    return tf.zeros_like(x) if found is None else tf.ensure_shape(found, x.shape)


def _active(operations, x):
    """What of the operations' outputs depends on x smoothly."""
    active = {x.ref()}
    for op in operations:
        if op.type not in FLAT and any(each.ref() in active for each in op.inputs):
            active.update(out.ref() for out in op.outputs if out.dtype.is_floating)
    return active


def _of_inputs(op, upstream, active, layers):
    """Gradients of an operation's inputs, `None` for those that do not depend on x."""
    if op.type == "IdentityN":
        return _custom(op, upstream) if _is_custom(op) else upstream
    wanted = [each.ref() in active for each in op.inputs]
    try:
        if op.type not in RULES:
            raise UnfitError("there is none for its type")
        found = RULES[op.type](op, *upstream)
        if any(want and gradient is None for want, gradient in zip(wanted, found, strict=True)):
            raise UnfitError(f"its input {found.index(None)} is dreamed on")
        return [
            (gradient() if callable(gradient) else gradient) if want else None
            for want, gradient in zip(wanted, found, strict=True)
        ]
    except UnfitError as reason:
        raise InputError(_refusal(op, reason, layers)) from None


def _is_custom(op):
    try:
        return bool(op.get_attr("_gradient_op_type"))
    except ValueError:
        return False


def _custom(op, upstream):
    """The gradient that a function was given by `custom_gradient`; whose operations are its own."""
    pairs = zip(op.outputs, upstream, strict=True)
    outputs, given = zip(*[pair for pair in pairs if pair[1] is not None], strict=True)
    return tf.gradients(outputs, list(op.inputs), grad_ys=given)


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
