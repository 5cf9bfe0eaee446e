"""Layouts of SqueezeNet's weights in the files of torchvision and Caffe."""

import re
from collections.abc import Collection

import numpy as np

from keras_sounddream.applications.weights import Foreign, Layout
from keras_sounddream.types import Array

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet: red, green, blue
_CAFFE_MEAN = (123.0, 117.0, 104.0)  # red, green, blue in [0, 255]
_PARTS = {"squeeze1x1": "squeeze", "expand1x1": "expand1x1", "expand3x3": "expand3x3"}
# Keras 2 wrote a layer's path twice, the second time with a number.
_TWICE = re.compile(r"^(?:model_weights/)?(.+)/\1(?:_\d+)?/(kernel|bias):0$")


def plain_names(arrays: dict[str, Array]) -> dict[str, Array]:
    """The arrays with the names of Keras 2, `"conv1/conv1_3/kernel:0"`, cut to `"conv1/kernel"`."""
    return {_TWICE.sub(r"\1/\2", name): array for name, array in arrays.items()}


def torch_layout(pooled: Collection[str]) -> dict[str, Foreign]:
    """Layout of torchvision's files; their numbers count ReLU and the poolings after `pooled`."""
    modules = {"conv1": "features.0", "conv10": "classifier.1"}
    index, last = 1, "conv1"
    for number in range(2, 10):
        index += 1 + (last in pooled)
        last = f"fire{number}_concat"
        for part, name in _PARTS.items():
            modules[f"fire{number}_{part}"] = f"features.{index}.{name}"
    layout = {f"{ours}/bias": Foreign(f"{module}.bias") for ours, module in modules.items()}
    for ours, module in modules.items():
        layout[f"{ours}/kernel"] = Foreign(f"{module}.weight", lambda a: a.transpose(2, 3, 1, 0))
    return layout


def caffe_layout() -> Layout:
    """Layout of files of Caffe's models that have kernels in Keras's order.

    Caffe's input is blue, green, red in [0, 255] less the mean; the first convolution, which has
    no padding, takes up the difference to ours.
    """
    layout = {path: Foreign(path.replace("_", "/", 1)) for path in torch_layout(())}
    layout["conv1/kernel"] = Foreign("conv1/kernel", _first_kernel)
    layout["conv1/bias"] = Foreign("conv1/bias", _first_bias, others=("conv1/kernel",))
    return layout


def _first_kernel(kernel):
    deviation = 255 * np.array(DEVIATION, "float32")
    return kernel[:, :, ::-1] * deviation[:, np.newaxis]


def _first_bias(bias, kernel):
    shift = 255 * np.array(MEAN) - _CAFFE_MEAN
    return bias + np.einsum("hwco,c->o", kernel[:, :, ::-1], shift)
