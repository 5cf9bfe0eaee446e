"""Layouts of YAMNet's weights in the files in which it is published."""

import functools
import re

import numpy as np

from keras_sounddream.applications.weights import Foreign, Layout
from keras_sounddream.types import Array

EPSILON = 1e-4  # of the batch normalisations
# A constant of the official TFLite classifier: number (of 29) and kind of its layer.
_TFLITE = re.compile(r"(?:tower0/)?network/layer(\d+)/(conv|sepconv|fc)/")
_KINDS = {"conv": "pointwise", "sepconv": "depthwise"}


def layouts(num_layers: int) -> list[Layout]:
    """Layouts of the official `yamnet.h5` and of a file with folded normalisations."""
    official = {
        f"predictions/{kind}": Foreign(f"logits/logits/{kind}:0") for kind in ("kernel", "bias")
    }
    folded = {f"predictions/{kind}": Foreign(f"logits/{kind}") for kind in ("kernel", "bias")}
    for ours, theirs, kind in _convolutions(num_layers):
        kernel = "depthwise_kernel" if kind == "depthwise" else "kernel"
        official[f"{ours}_conv/kernel"] = Foreign(f"{theirs}/{theirs}/{kernel}:0")
        for part in ("beta", "moving_mean", "moving_variance"):
            official[f"{ours}_norm/{part}"] = Foreign(f"{theirs}/bn/{theirs}/bn/{part}:0")
        path = theirs.removesuffix("_conv")
        folded[f"{ours}_conv/kernel"] = Foreign(f"{path}/kernel")
        folded |= _norm_of_bias(ours, f"{path}/bias")
    return [official, folded]


def adapt(arrays: dict[str, Array]) -> dict[str, Array]:
    """Arrays of a folded file by one name per tensor, in float; those of other files unchanged.

    A folded file has `layer7/depthwise/kernel_q` and its `scale`, or the names of the official
    TFLite classifier.
    """
    if any(_TFLITE.match(name) for name in arrays):
        return dict(_tflite_arrays(arrays))
    arrays = dict(arrays)
    for name in [name for name in arrays if name.endswith("/kernel_q")]:
        folder = name.removesuffix("/kernel_q")
        if f"{folder}/scale" in arrays:
            scale = arrays.pop(f"{folder}/scale")
            scale = scale[:, None] if folder.endswith("/depthwise") else scale
            arrays[f"{folder}/kernel"] = arrays.pop(name) * scale
    return arrays


def _tflite_arrays(arrays):
    """Names of a folded file for the weights of a TFLite file; its other constants are left out."""
    for name, array in arrays.items():
        match = _TFLITE.match(name)
        if not match:
            continue
        number, kind = int(match[1]), match[2]
        path = f"layer{number // 2 + 1}/{'conv' if number == 1 else _KINDS.get(kind)}"
        path = "logits" if kind == "fc" else path
        if array.ndim == 1:
            yield f"{path}/bias", array
        else:  # (out, height, width, in), or (1, height, width, channels) of a depthwise one
            yield f"{path}/kernel", np.moveaxis(array, 0, -1)


def _convolutions(num_layers):
    """For each convolution its path here, its path in the official file, and its kind."""
    yield "layer1", "layer1/conv", "conv"
    for number in range(2, num_layers + 1):
        for kind in ("depthwise", "pointwise"):
            yield f"layer{number}_{kind}", f"layer{number}/{kind}_conv", kind


def _norm_of_bias(path, bias):
    """A normalisation that only adds a bias."""
    return {
        f"{path}_norm/beta": Foreign(bias),
        f"{path}_norm/moving_mean": Foreign(bias, np.zeros_like),
        f"{path}_norm/moving_variance": Foreign(
            bias, functools.partial(np.full_like, fill_value=1 - EPSILON)
        ),
    }
