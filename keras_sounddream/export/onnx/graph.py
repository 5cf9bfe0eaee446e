"""Optimization of ONNX graphs and of the graphs within, of loops and branches."""

from collections.abc import Iterator
from typing import Any

_LEAST_SHARED = 1024  # bytes of a constant that is worth sharing


def graphs(graph: Any) -> Iterator[Any]:
    """Yields an `onnx.GraphProto` and all graphs within it, each before those in it."""
    for path in _paths(graph):
        yield path[-1]


def nodes(graph: Any) -> Iterator[Any]:
    """Yields every node of a graph, those of branches and loops too."""
    for inner in graphs(graph):
        yield from inner.node


def free_loops(graph: Any) -> None:
    """Has loops read constants from the graph around them, not from step to step.

    tf2onnx passes every value that a loop reads from one step to the next, where ONNX Runtime takes
    it for computed.
    """
    for inner in reversed(list(graphs(graph))):  # inner loops first
        for node in inner.node:
            if node.op_type == "Loop":
                _rename_inputs(inner, _free_loop(node, {output.name for output in inner.output}))


def place_constants(graph: Any) -> None:
    """Keeps each constant once, in the innermost graph around all that read it.

    There ONNX Runtime folds what is computed from it, and lays kernels out as it multiplies them.
    """
    paths = list(_paths(graph))
    reads = [{name for node in path[-1].node for name in node.input} for path in paths]
    constants: dict[
        Any, tuple[str, Any, list]
    ] = {}  # a constant's key: its new name, itself, and the paths of its readers
    for path in paths:
        for name, tensor in _movable(path[-1]).items():
            start: tuple[str, Any, list] = (f"constant_{len(constants)}", tensor, [])
            _, _, readers = constants.setdefault(_key(tensor, path[-1]), start)
            pairs = zip(paths, reads, strict=True)
            readers += [other for other, read in pairs if name in read and _is_within(other, path)]
    movable = [_movable(path[-1]) for path in paths]
    for path, tensors in zip(paths, movable, strict=True):
        _rename_inputs(path[-1], {n: constants[_key(t, path[-1])][0] for n, t in tensors.items()})
    for name, tensor, readers in constants.values():
        if readers:
            _common(readers).initializer.add().CopyFrom(tensor)
            _common(readers).initializer[-1].name = name
    for path, tensors in zip(paths, movable, strict=True):
        _remove(path[-1].initializer, tensors)


def _movable(graph):
    """Constants by their names, but for those that a graph outputs."""
    outputs = {output.name for output in graph.output}
    return {one.name: one for one in graph.initializer if one.name not in outputs}


def _remove(initializers, names):
    for i in reversed(range(len(initializers))):
        if initializers[i].name in names:
            del initializers[i]


def _paths(graph, around=()):
    """Tuples of graphs, from the outermost to each that lies in it."""
    path = (*around, graph)
    yield path
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _paths(inner, path)


def _is_within(path, other):
    return len(path) >= len(other) and path[len(other) - 1] is other[-1]


def _common(paths):
    """The innermost graph that all paths pass."""
    innermost = paths[0]
    for path in paths[1:]:
        shared = zip(innermost, path, strict=False)
        innermost = innermost[: sum(one is other for one, other in shared)]
    return innermost[-1]


def _key(tensor, graph):
    """Equal for constants that are shared."""
    if len(tensor.raw_data) < _LEAST_SHARED:
        return id(graph), tensor.name
    return tensor.data_type, tuple(tensor.dims), tensor.raw_data


def _free_loop(node, graph_outputs):
    """Removes the values that a loop never changes: the loop's output → the value's name."""
    (body,) = (attribute.g for attribute in node.attribute if attribute.name == "body")
    copies = {one.output[0]: one.input[0] for one in body.node if one.op_type == "Identity"}
    inside, outside = {}, {}
    for i in reversed(range(len(node.input) - 2)):  # behind the count and the condition
        name = body.output[1 + i].name
        while name in copies:
            name = copies[name]
        if name == body.input[2 + i].name and node.output[i] not in graph_outputs:
            inside[name] = outside[node.output[i]] = node.input[2 + i]
            del node.input[2 + i], body.input[2 + i], body.output[1 + i], node.output[i]
    _rename_inputs(body, inside)
    return outside


def _rename_inputs(graph, names):
    for node in nodes(graph):
        for i, name in enumerate(node.input):
            node.input[i] = names.get(name, name)
