"""LiteRT flatbuffers: the operations in one, and changes to its weights."""

from __future__ import annotations

import copy

import flatbuffers
from tensorflow.lite.python import schema_py_generated as schema

_NAMES = {
    code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}
_DEQUANTIZE_FLOAT16 = 3  # version of the operation that takes 16-bit numbers
_CUSTOM = schema.BuiltinOperator.CUSTOM
# Kind of operation that runs other subgraphs: type of its options, and those that name them.
_NESTED = {
    "WHILE": (schema.WhileOptions, ("CondSubgraphIndex", "BodySubgraphIndex")),
    "IF": (schema.IfOptions, ("ThenSubgraphIndex", "ElseSubgraphIndex")),
    "CALL_ONCE": (schema.CallOnceOptions, ("InitSubgraphIndex",)),
}


def operations(flatbuffer: bytes) -> dict[str, list[str]]:
    """Returns the sorted kinds of operation of each signature, those inside loops too.

    An operation that is not built in is `CUSTOM:` and its name.
    """
    model = schema.Model.GetRootAs(flatbuffer, 0)
    kinds_of = {}
    for i in range(model.SignatureDefsLength()):
        signature = model.SignatureDefs(i)
        kinds, seen, todo = set(), set(), {signature.SubgraphIndex()}
        while todo:
            index = todo.pop()
            seen.add(index)
            for kind, inner in _subgraph_operations(model, index):
                kinds.add(kind)
                todo |= set(inner) - seen
        kinds_of[signature.SignatureKey().decode()] = sorted(kinds)
    return kinds_of


def _subgraph_operations(model, index):
    """Pairs of an operation's kind and the subgraphs that it runs."""
    graph = model.Subgraphs(index)
    for i in range(graph.OperatorsLength()):
        operator = graph.Operators(i)
        code = model.OperatorCodes(operator.OpcodeIndex())
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        kind = f"CUSTOM:{code.CustomCode().decode()}" if number == _CUSTOM else _NAMES[number]
        yield kind, _inner(operator, kind)


def _inner(operator, kind):
    if kind not in _NESTED:
        return []
    make, names = _NESTED[kind]
    options, table = make(), operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return [getattr(options, name)() for name in names]


def front_end(model: schema.ModelT, graph: schema.SubGraphT) -> list[schema.OperatorT]:
    """Returns the operations that a graph's logarithms are computed by, and the logarithms."""
    front: list[schema.OperatorT] = []
    wanted: set[int] = set()
    for operator in reversed(graph.operators):
        if kind_of(model, operator) == schema.BuiltinOperator.LOG or wanted & set(operator.outputs):
            wanted |= set(operator.inputs) - {-1}
            front.append(operator)
    return front


def kind_of(model: schema.ModelT, operator: schema.OperatorT) -> int:
    """Returns an operation's kind, a number of `BuiltinOperator`."""
    code = model.operatorCodes[operator.opcodeIndex]
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def widen(model: schema.ModelT, graph: schema.SubGraphT, index: int) -> None:
    """Has a constant tensor, whose buffer holds float16, read as float32 by all that read it."""
    stored, code = copy.copy(graph.tensors[index]), schema.OperatorCodeT()
    stored.type, stored.name = schema.TensorType.FLOAT16, stored.name + b"_16_bits"
    graph.tensors.append(stored)
    graph.tensors[index].buffer = 0  # the empty one
    widening = schema.OperatorT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
    code.version = _DEQUANTIZE_FLOAT16
    model.operatorCodes.append(code)
    widening.opcodeIndex = len(model.operatorCodes) - 1
    widening.inputs, widening.outputs = [len(graph.tensors) - 1], [index]
    graph.operators.insert(0, widening)


def packed(model: schema.ModelT) -> bytes:
    """Returns the flatbuffer of a `ModelT`."""
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
