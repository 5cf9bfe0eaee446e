"""Graphs of the ascent: how TensorFlow traces its functions and lays them out."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor


def trace(function: Callable, relax_shapes: bool = True) -> Callable:
    """A graph of a function, traced once for sounds of all lengths or pictures of all sizes.

    TensorFlow by itself traces for the first length and, at the second's, for any. These two graphs
    round differently, so that a dream would depend on what was dreamed before it; and each costs
    time and memory. AutoGraph, which rewrites Python's branches and loops, is left out: loops here
    are TensorFlow's own, and rewriting took longer than tracing.
    """
    traced = _graph(function)
    if not relax_shapes:
        return traced

    def call(*arguments: Any) -> Any:
        specs = tf.nest.map_structure(_relaxed_spec, arguments)
        return traced.get_concrete_function(*specs)(*arguments)

    return call


def gradient(tape: tf.GradientTape, scores: Tensor, variable: Tensor) -> Tensor:
    """Gradient of an objective, that a tape holds.

    Raises:
        InputError: if there is none.
    """
    result = tape.gradient(scores, variable)
    if result is None:
        raise InputError(
            "No gradient of the objective reaches the input: something before its layer, such as "
            "tf.stop_gradient, argmax or rounding, cuts it off. Choose an earlier layer."
        )
    return result


def relaxed_shape(tensor: Tensor) -> tf.TensorShape:
    """A shape that holds for a tensor in every octave: only a picture's channels are known."""
    rank = len(tensor.shape)
    return tf.TensorShape([None] * (rank - 1) + [tensor.shape[-1] if rank == 4 else None][:rank])


def no_inline(function: Callable) -> Callable:
    """Keeps a function that takes a gradient out of the graph of the loop that calls it.

    TensorFlow unrolls a loop into a graph with a cycle. oneDNN's kernels are put in operation by
    operation, and that of a max-pool's gradient only after that of its max-pool: in a cycle, which
    of the two comes first is chance, and a gradient that is left over takes ten times as long.
    """
    return _graph(function, experimental_attributes={"_noinline": True})


def _graph(function, **options):
    traced = tf.function(function, autograph=False, **options)
    traced._omit_frequent_tracing_warning = True
    return traced


def _relaxed_spec(value):
    """A specification of a tensor with its batch and channels alone; of anything else, itself."""
    if not tf.is_tensor(value):
        return value
    shape = relaxed_shape(value)
    return tf.TensorSpec(value.shape[:1].concatenate(shape[1:]), value.dtype)
