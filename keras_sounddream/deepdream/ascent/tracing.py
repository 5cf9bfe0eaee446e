"""How TensorFlow lays out the graph of a dream."""

import tensorflow as tf


def apart(function):
    """Keeps a function that takes a gradient out of the graph of the loop that calls it.

    TensorFlow unrolls a loop into a graph with a cycle. oneDNN's kernels are put in operation by
    operation, and that of a max-pool's gradient only after that of its max-pool: in a cycle, which
    of the two comes first is chance, and a gradient that is left over takes ten times as long.

    Args:
        function: of tensors, to tensors.

    Returns:
        function, with the same numbers; `function` itself outside of a graph.
    """
    if tf.executing_eagerly():
        return function
    return tf.function(function, experimental_attributes={"_noinline": True})


def trace_dynamic_shape(function):
    """Traces a function of pictures once, for all their sizes.

    TensorFlow by itself traces for the first octave's size and, at the second's, for any: twice
    the time before the first step, and a second graph to keep.

    Args:
        function: of tensors, dictionaries of them, and `None`.

    Returns:
        function, with the same numbers.
    """
    traced = tf.function(function)

    def call(*arguments):
        specs = tf.nest.map_structure(_of_any_size, arguments)
        return traced.get_concrete_function(*specs)(*arguments)

    return call


def relaxed_shape(tensor):
    """A shape that holds of a tensor in every octave, whose pictures differ in size.

    Args:
        tensor: of any rank; a picture's channels, the last of four axes, stay.

    Returns:
        `tf.TensorShape`.
    """
    rank = len(tensor.shape)
    return tf.TensorShape([None] * (rank - 1) + [tensor.shape[-1] if rank == 4 else None][:rank])


def _of_any_size(value):
    return tf.TensorSpec(relaxed_shape(value), value.dtype) if tf.is_tensor(value) else value
