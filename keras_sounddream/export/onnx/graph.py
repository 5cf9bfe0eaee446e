"""Graphs of ONNX files, with those of their loops and branches."""

_LEAST_SHARED = 1024  # bytes of a constant that is worth it


def graphs(graph):
    """Goes through a graph and all graphs within it, each before those in it.

    Args:
        graph: `onnx.GraphProto`.

    Yields:
        `onnx.GraphProto`.
    """
    for path in _paths(graph):
        yield path[-1]


def nodes(graph):
    """Goes through every node of a graph, those of branches and loops too.

    Args:
        graph: `onnx.GraphProto`.

    Yields:
        `onnx.NodeProto`.
    """
    for each in graphs(graph):
        yield from each.node


def free_loops(graph):
    """Has loops read what they never change from the graph around them, not from step to step.

    tf2onnx hands every value that a loop reads from one step to the next, where ONNX Runtime takes
    it for computed.

    Args:
        graph: `onnx.GraphProto`, the outermost, which is changed.
    """
    for each in reversed(list(graphs(graph))):  # inner loops first
        for node in each.node:
            if node.op_type == "Loop":
                _rename_inputs(each, _free_loop(node, {output.name for output in each.output}))


def place_constants(graph):
    """Keeps each constant once, in the innermost graph around all that read it.

    There ONNX Runtime folds what is computed of it, and lays kernels out as it multiplies them.

    Args:
        graph: `onnx.GraphProto`, the outermost, which is changed.
    """
    paths = list(_paths(graph))
    reads = [{name for node in path[-1].node for name in node.input} for path in paths]
    found = {}  # of a constant's key: its new name, itself, and the paths of its readers
    for path in paths:
        for name, tensor in _movable(path[-1]).items():
            start = (f"constant_{len(found)}", tensor, [])
            _, _, places = found.setdefault(_key(tensor, path[-1]), start)
            pairs = zip(paths, reads, strict=True)
            places += [place for place, read in pairs if name in read and _is_within(place, path)]
    movable = [_movable(path[-1]) for path in paths]
    for path, tensors in zip(paths, movable, strict=True):
        _rename_inputs(path[-1], {n: found[_key(t, path[-1])][0] for n, t in tensors.items()})
    for name, tensor, places in found.values():
        if places:
            _common(places).initializer.add().CopyFrom(tensor)
            _common(places).initializer[-1].name = name
    for path, tensors in zip(paths, movable, strict=True):
        _remove(path[-1].initializer, tensors)


def _movable(graph):
    """Constants by their names, but for those that a graph gives out."""
    given_out = {output.name for output in graph.output}
    return {one.name: one for one in graph.initializer if one.name not in given_out}


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


def _free_loop(node, given_out):
    """Takes out of a loop the values that it never changes: new names of what gave them out."""
    (body,) = (attribute.g for attribute in node.attribute if attribute.name == "body")
    made = {one.output[0]: one.input[0] for one in body.node if one.op_type == "Identity"}
    inside, outside = {}, {}
    for i in reversed(range(len(node.input) - 2)):  # behind the count and the condition
        name = body.output[1 + i].name
        while name in made:
            name = made[name]
        if name == body.input[2 + i].name and node.output[i] not in given_out:
            inside[name] = outside[node.output[i]] = node.input[2 + i]
            del node.input[2 + i], body.input[2 + i], body.output[1 + i], node.output[i]
    _rename_inputs(body, inside)
    return outside


def _rename_inputs(graph, names):
    for node in nodes(graph):
        for i, name in enumerate(node.input):
            node.input[i] = names.get(name, name)
