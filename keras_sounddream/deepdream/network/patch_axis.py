"""Layers that see an example in parts, such as a sound in patches.

A model may put the parts of its examples on the batch axis, so that each goes through the network
by itself. A layer that does so says it by an attribute `splits_examples`, `True`; one that puts
them together again has it `False`. A dream counts by examples, so it puts them together, too.
"""

from keras import ops

from keras_sounddream.deepdream.network.receptive_field import source_layers


def layers_of_parts(model):
    """Finds the layers whose first axis is that of parts, not of examples.

    Args:
        model: `keras.Model`, functional.

    Returns:
        set of str.
    """
    found = set()
    for layer in model.layers:  # each comes after those that it reads
        inherited = bool(found & set(source_layers(layer)))
        if getattr(layer, "splits_examples", inherited):
            found.add(layer.name)
    return found


def join_parts(activation, num_examples):
    """Puts the parts of each example one after another, along the first axis of positions.

    Args:
        activation: float32 `(num_examples * parts, positions, …, channels)`, or without positions.
        num_examples: int, or int tensor.

    Returns:
        float32 `(num_examples, parts * positions, …, channels)`.
    """
    rest = activation.shape[2:] if len(activation.shape) > 2 else activation.shape[1:]
    return ops.reshape(activation, (num_examples, -1, *rest))
