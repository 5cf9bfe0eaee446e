"""Rules of gradients beside TensorFlow's own, operation by operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.ops import get_gradient_function

from keras_sounddream.export.portable.gradients.backward import input_gradients
from keras_sounddream.types import Array, Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

# Their derivative may be a difference of nearly equal numbers: so much of it is rounding.
_SATURATING, _SATURATED = {"LogSoftmax", "Sigmoid", "Softmax", "Tanh"}, 1e-6
_TINY = 1e-30


class RuleChecks:
    """Compares rules with TensorFlow's gradients, each at its own activations in a network.

    The gradient of an operation's output is random here: the true one may nearly cancel in a sum,
    as before a normalisation, where rounding is all that is left of it. Of operations of the same
    type, shapes and attributes, one is compared.

    Attributes:
        places: an operation and the number of an input, of those that were compared.
        squares: float32 `(3,)` for each: the sum of the squared differences, that of TensorFlow's
            squares, and the number of elements.
    """

    def __init__(self):
        self.clear()

    def clear(self) -> None:
        """Forgets all, when a function is traced anew."""
        self.places: list[tuple[tf.Operation, int]] = []
        self.squares: list[Tensor] = []
        self._seen: set[tuple] = set()

    def add(self, op: tf.Operation, active: set) -> None:
        """Compares the gradients of an operation's inputs that are `active`."""
        kind = (*_kind(op), *(tensor.ref() in active for tensor in op.inputs))
        if kind in self._seen:
            return
        self._seen.add(kind)
        upstream = [
            tf.random.stateless_normal(tf.shape(y), (i, len(self.squares)), dtype=y.dtype)
            for i, y in enumerate(op.outputs)
        ]
        own = input_gradients(op, upstream, active)
        wanted = get_gradient_function(op)(op, *upstream)
        wanted = wanted if isinstance(wanted, list | tuple) else [wanted]
        for i, (found, right) in enumerate(zip(own, wanted, strict=True)):
            if found is not None:
                self.places.append((op, i))
                self.squares.append(_squares(found, right))

    def errors(self, points: Sequence[Array]) -> list[tuple[tf.Operation, float]]:
        """Operations, one of each kind and input, with the least error of the kind.

        An error is the root mean square of a difference, as a share of TensorFlow's gradient.

        Args:
            points: values of `squares` at several points, each `(places, 3)`.
        """
        least: dict[tuple, tuple[tf.Operation, float]] = {}
        for values in points:
            for (op, i), row in zip(self.places, np.asarray(values, "float64"), strict=True):
                key, error = (*_kind(op), i), _error(op, *row)
                if not row[:2].any():
                    continue  # as of a ReLU that lets nothing through
                if key not in least or error < least[key][1]:
                    least[key] = op, error
        return list(least.values())


def _error(op, difference, size, count):
    floor = _SATURATED * np.sqrt(count) if op.type in _SATURATING else 0.0
    return float(max(np.sqrt(difference) - floor, 0.0) / max(np.sqrt(size), _TINY))


def _kind(op):
    attributes = [(k, v.SerializeToString()) for k, v in sorted(op.node_def.attr.items())]
    shapes = [tuple(t.shape) if t.shape.rank is not None else None for t in op.inputs]
    return op.type, str(shapes), str(attributes)


def _squares(found, wanted):
    wanted = tf.zeros_like(found) if wanted is None else tf.convert_to_tensor(wanted)
    difference = found - wanted
    is_number = tf.math.is_finite(difference)  # a slope may be endless, in both
    squares = [tf.square(tf.where(is_number, part, 0.0)) for part in (difference, wanted)]
    numbers = [*map(tf.reduce_sum, squares), tf.size(found)]
    return tf.stack([tf.cast(number, "float32") for number in numbers])
