"""Graphs of ONNX files, with those of their loops and branches."""

_LEAST_SHARED = 1024  # bytes of a constant that is worth it


def graphs(graph):
    """Goes through a graph and all graphs within it, each before those in it.

    Args:
        graph: `onnx.GraphProto`.

    Yields:
        `onnx.GraphProto`.
    """
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from graphs(inner)


def nodes(graph):
    """Goes through every node of a graph, those of branches and loops too.

    Args:
        graph: `onnx.GraphProto`.

    Yields:
        `onnx.NodeProto`.
    """
    for each in graphs(graph):
        yield from each.node


def share_constants(graph):
    """Keeps one of equal constants: a loop and its branches read it from the graph around them.

    Args:
        graph: `onnx.GraphProto`, the outermost, which is changed.
    """
    kept = {}
    for each in list(graphs(graph)):
        given_out = {output.name for output in each.output}
        names = {}
        for tensor in list(each.initializer):
            if len(tensor.raw_data) < _LEAST_SHARED or tensor.name in given_out:
                continue
            key = tensor.data_type, tuple(tensor.dims), tensor.raw_data
            if key not in kept:
                kept[key] = tensor.name if each is graph else f"shared_{len(kept)}"
                if each is not graph:
                    graph.initializer.add().CopyFrom(tensor)
                    graph.initializer[-1].name = kept[key]
            if kept[key] != tensor.name:
                names[tensor.name] = kept[key]
                each.initializer.remove(tensor)
        _rename_inputs(each, names)


def _rename_inputs(graph, names):
    for node in nodes(graph):
        for i, name in enumerate(node.input):
            node.input[i] = names.get(name, name)
