"""Operations of TensorFlow for which ONNX has a quicker form than tf2onnx's."""

import numpy as np

_BEYOND = -(2**31)  # an end before the start, of axes of any length


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
