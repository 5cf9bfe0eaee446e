"""Which part of a model makes its features, and how they become one vector a sound."""

import keras
import tensorflow as tf

from keras_sounddream.deepdream.network.lookup import find_layer


def embedding_network(model, layer=None):
    """Finds the part of a model up to its features.

    Args:
        model: `keras.Model`, functional, with one input.
        layer: str, the layer whose output the features are; by default what the last layer with
            weights takes, if the model ends in scores `(batch, classes)` or has several outputs,
            and otherwise the model's output.

    Returns:
        `keras.Model` that shares the layers.

    Raises:
        InputError: if there is no such layer, with the nearest names.
    """
    if layer is not None:
        return keras.Model(model.inputs[0], find_layer(model, layer).output)
    output = model.outputs[0]
    if len(output.shape) != 2 and len(model.outputs) == 1:
        return keras.Model(model.inputs[0], output)
    top = output._keras_history.operation
    while not top.weights and isinstance(top.input, keras.KerasTensor):
        if isinstance(top, keras.layers.InputLayer):
            return keras.Model(model.inputs[0], output)
        top = top.input._keras_history.operation
    scoring = isinstance(top, keras.layers.Dense | keras.layers.Conv1D | keras.layers.Conv2D)
    return keras.Model(model.inputs[0], top.input if scoring else output)


def pooled(activation):
    """Averages over time and bands what is not yet one vector a sound.

    Args:
        activation: float32 `(batch, …, channels)`.

    Returns:
        float32 `(batch, channels)`.
    """
    places = list(range(1, len(activation.shape) - 1))
    return tf.cast(tf.reduce_mean(activation, places) if places else activation, "float32")
