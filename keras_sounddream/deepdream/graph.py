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
