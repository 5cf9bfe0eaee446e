"""Grouped convolutions that every CPU computes: one ordinary convolution per group.

TensorFlow's CPU kernels without oneDNN refuse a grouped convolution that the graph optimizer has
fused with its bias, and have no gradient of one. Keras therefore compiles each call with XLA, which
takes four to a few hundred times as long in a dream and which no portable graph can contain.
"""

from typing import Any

import keras
from keras import ops

from keras_sounddream.types import Tensor


class Conv1DByGroup(keras.layers.Conv1D):
    """`keras.layers.Conv1D` with the same weights, computed group by group."""

    def call(self, inputs: Tensor) -> Tensor:
        if self.padding == "causal":
            inputs = ops.pad(inputs, self._compute_causal_padding())
        return _by_group(self, inputs, padding=self.padding.replace("causal", "valid"))


class Conv2DByGroup(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with the same weights, computed group by group."""

    def call(self, inputs: Tensor) -> Tensor:
        return _by_group(self, inputs, padding=self.padding)


_BY_GROUP = {keras.layers.Conv1D: Conv1DByGroup, keras.layers.Conv2D: Conv2DByGroup}


def clone_class(layer: Any) -> type:
    """The class to clone a layer with: its own, unless it is a grouped convolution of Keras."""
    if getattr(layer, "groups", 1) == 1:
        return type(layer)
    return _BY_GROUP.get(type(layer), type(layer))


def _by_group(layer, inputs, padding):
    axis = -1 if layer.data_format == "channels_last" else 1
    settings = {
        "strides": list(layer.strides),
        "padding": padding,
        "dilation_rate": layer.dilation_rate,
        "data_format": layer.data_format,
    }
    inputs = ops.split(inputs, layer.groups, axis=axis)
    kernels = ops.split(layer.kernel, layer.groups, axis=-1)
    groups = [ops.conv(x, kernel, **settings) for x, kernel in zip(inputs, kernels, strict=True)]
    outputs = ops.concatenate(groups, axis=axis)
    if layer.use_bias:
        shape = [1] * (layer.rank + 2)
        shape[axis] = layer.filters
        outputs = outputs + ops.reshape(layer.bias, shape)
    return layer.activation(outputs)
