"""Weights of ONNX files in half the bytes, where float16 holds their very numbers."""

from __future__ import annotations

import pathlib

import numpy as np

from keras_sounddream.export.formats import package
from keras_sounddream.export.onnx.files import PURPOSE

_LEAST_BYTES = 1 << 12  # of a constant that is worth a cast


def halve_weights(path: pathlib.Path) -> None:
    """Stores the constants of an ONNX file that float16 holds exactly as float16, with a cast.

    ONNX Runtime casts them once, when it opens the file: the outputs are the same to the bit.
    Models that were trained into float16 weights become half as large.
    """
    onnx = package("onnx", PURPOSE)
    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        if array.dtype != np.float32 or array.nbytes < _LEAST_BYTES or not _fits(array):
            continue
        name, stored = tensor.name, f"{tensor.name}_float16"
        tensor.CopyFrom(onnx.numpy_helper.from_array(array.astype("float16"), stored))
        casts.append(onnx.helper.make_node("Cast", [stored], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)


def _fits(array):
    """Whether float16 holds an array's numbers."""
    with np.errstate(over="ignore"):
        return np.array_equal(array.astype("float16").astype("float32"), array)
