"""SqueezeNet's weights as torchvision and Caffe have them."""

import re

import numpy as np

from keras_sounddream.applications.weights import Foreign

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet: red, green, blue
_CAFFE_MEAN = (123.0, 117.0, 104.0)  # red, green, blue in [0, 255]
_FILES = {"1.0": "squeezenet1_0-b66bff10.pth", "1.1": "squeezenet1_1-b8a52dc0.pth"}
ROWS = {
    version: {
        "imagenet": {
            "labels": "imagenet.txt",
            "file": file,
            "url": f"https://download.pytorch.org/models/{file}",
        }
    }
    for version, file in _FILES.items()
}
_PARTS = {"squeeze1x1": "squeeze", "expand1x1": "expand1x1", "expand3x3": "expand3x3"}
# Keras 2 wrote a layer's path twice, the second time with a number.
_TWICE = re.compile(r"^(?:model_weights/)?(.+)/\1(?:_\d+)?/(kernel|bias):0$")


def plain_names(arrays):
    """Makes of names in a file of Keras 2 the layer's and the weight's.

    Args:
        arrays: dict from name to array; names such as `"conv1/conv1_3/kernel:0"`.

    Returns:
        dict with names such as `"conv1/kernel"`; any other name as it is.
    """
    return {_TWICE.sub(r"\1/\2", name): array for name, array in arrays.items()}


def torch_layout(pooled):
    """Finds the weights in torchvision's files, by numbers that count ReLU and poolings too.

    Args:
        pooled: collection of str, the layers after which there is a pooling.

    Returns:
        dict from a weight's path to its `Foreign`.
    """
    places = {"conv1": "features.0", "conv10": "classifier.1"}
    place, last = 1, "conv1"
    for number in range(2, 10):
        place += 1 + (last in pooled)
        last = f"fire{number}_concat"
        for part, there in _PARTS.items():
            places[f"fire{number}_{part}"] = f"features.{place}.{there}"
    layout = {f"{ours}/bias": Foreign(f"{there}.bias") for ours, there in places.items()}
    for ours, there in places.items():
        layout[f"{ours}/kernel"] = Foreign(f"{there}.weight", lambda a: a.transpose(2, 3, 1, 0))
    return layout


def caffe_layout():
    """Finds the weights of Caffe's models in files that have kernels as Keras does.

    Caffe's input is blue, green, red in [0, 255] less the mean; the first convolution, which has
    no padding, takes up the difference to ours.

    Returns:
        dict from a weight's path to its `Foreign`.
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
