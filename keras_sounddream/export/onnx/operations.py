"""ONNX forms of TensorFlow operations that are quicker than tf2onnx's."""

import types
from typing import Any

import numpy as np

from keras_sounddream.export.onnx.graph import graphs, nodes

_BEYOND = -(2**31)  # an end before the start, of axes of any length
_STEEP = 3e38  # near the largest float32: any number above 0 becomes 1


def use_hard_sigmoid(onnx: types.ModuleType, graph: Any) -> None:
    """Replaces `Cast(Greater(x, 0))`, as in ReLU's gradient, by one `HardSigmoid`.

    It passes blocked layouts; a comparison and a cast would have ONNX Runtime lay its blocks out
    in rows and back. No two constants in the graph may have one name, see `place_constants`.
    """
    constants = [one for inner in graphs(graph) for one in inner.initializer]
    zeros = {one.name for one in constants if _is_zero(onnx, one)}
    for inner in graphs(graph):
        sources = {name: node for node in inner.node for name in node.output}
        for node in inner.node:
            above = sources.get(node.input[0]) if node.op_type == "Cast" else None
            if above is None or above.op_type != "Greater" or above.input[1] not in zeros:
                continue
            if onnx.helper.get_node_attr_value(node, "to") == onnx.TensorProto.FLOAT:
                node.op_type, node.input[0] = "HardSigmoid", above.input[0]
                del node.attribute[:]
                shape = {"alpha": _STEEP, "beta": 0.0}
                node.attribute.extend(onnx.helper.make_attribute(*pair) for pair in shape.items())
    _drop_unread(graph)


def _is_zero(onnx, tensor):
    """Whether a constant is a scalar 0.0, which broadcasts nothing."""
    is_float = tensor.data_type == onnx.TensorProto.FLOAT and not tensor.dims
    return is_float and not np.any(onnx.numpy_helper.to_array(tensor))


def _drop_unread(graph):
    """Removes comparisons that nothing reads any more."""
    read = {name for node in nodes(graph) for name in node.input}
    read |= {output.name for inner in graphs(graph) for output in inner.output}
    for inner in graphs(graph):
        for node in [node for node in inner.node if node.op_type == "Greater"]:
            if node.output[0] not in read:
                inner.node.remove(node)


def _reverse(context, node, name, arguments):
    """Reverses axes by a slice that goes backwards; tf2onnx makes a sequence of the axis."""
    rank = context.get_rank(node.input[0])
    axes = [int(axis) % rank for axis in node.inputs[1].get_tensor_value()]
    shapes, dtypes, outputs = node.output_shapes, node.output_dtypes, node.output
    columns = [-1] * len(axes), [_BEYOND] * len(axes), axes, [-1] * len(axes)
    constants = [
        context.make_const(f"{name}_{part}", np.array(column, "int64")).output[0]
        for part, column in zip(("starts", "ends", "axes", "steps"), columns, strict=True)
    ]
    source = node.input[0]
    context.remove_node(node.name)
    context.make_node(
        "Slice", [source, *constants], outputs=outputs, name=name, shapes=shapes, dtypes=dtypes
    )


def _complement(context, node, name, arguments):
    """The complementary error function, as 1 less the error function: ONNX has `Erf` alone."""
    shapes, dtypes, outputs = node.output_shapes, node.output_dtypes, node.output
    source = node.input[0]
    one = context.make_const(f"{name}_one", np.ones((), "float32")).output[0]
    context.remove_node(node.name)
    erf = context.make_node("Erf", [source], name=f"{name}_erf", shapes=shapes, dtypes=dtypes)
    context.make_node(
        "Sub", [one, erf.output[0]], outputs=outputs, name=name, shapes=shapes, dtypes=dtypes
    )


# Type of operation: the function that converts it, and its arguments, as tf2onnx takes them.
HANDLERS: dict[str, tuple[Any, list]] = {
    "Erfc": (_complement, []),
    "ReverseV2": (_reverse, []),
}
