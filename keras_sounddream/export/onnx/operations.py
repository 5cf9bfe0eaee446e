"""Operations of TensorFlow for which ONNX has a quicker form than tf2onnx's."""

import numpy as np

from keras_sounddream.export.onnx.graph import graphs, nodes

_BEYOND = -(2**31)  # an end before the start, of axes of any length
_STEEP = 3e38  # near the largest float32: what is above 0 comes out as 1


def quicken(onnx, graph):
    """Has "1 where a number is above 0" computed in one operation, which blocked layouts pass.

    The gradient of every ReLU asks for it. A comparison and a cast would have ONNX Runtime lay
    its blocks out in rows and back.

    Args:
        onnx: the package.
        graph: `onnx.GraphProto`, the outermost, which is changed; no two constants in it have
            one name, see `place_constants`.
    """
    constants = [one for each in graphs(graph) for one in each.initializer]
    zeros = {one.name for one in constants if _is_zero(onnx, one)}
    for each in graphs(graph):
        made = {name: node for node in each.node for name in node.output}
        for node in each.node:
            above = made.get(node.input[0]) if node.op_type == "Cast" else None
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
    """Takes comparisons away that nobody reads any more."""
    read = {name for node in nodes(graph) for name in node.input}
    read |= {output.name for each in graphs(graph) for output in each.output}
    for each in graphs(graph):
        for node in [node for node in each.node if node.op_type == "Greater"]:
            if node.output[0] not in read:
                each.node.remove(node)


def _reverse(context, node, name, arguments):
    """Turns axes round by a slice that goes backwards; tf2onnx makes a sequence of the axis."""
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


# Type of operation: the function that converts it, and its arguments, as tf2onnx takes them.
HANDLERS = {"ReverseV2": (_reverse, [])}
