"""Flatbuffers made by hand: their operations, front ends, and rounded weights."""

import dataclasses

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from tensorflow.lite.python import schema_py_generated as schema

from keras_sounddream import ExportError, InputError
from keras_sounddream.export.formats import Task
from keras_sounddream.export.litert import flatbuffer, quantization
from keras_sounddream.export.litert.writer import _check_built_in

KINDS = schema.BuiltinOperator


def tensor(buffer=0, shape=(), kind=schema.TensorType.FLOAT32):
    made = schema.TensorT()
    made.buffer, made.shape, made.type, made.name = buffer, list(shape), kind, b"weights"
    return made


def model_of(*graphs, buffers=()):
    """A model of subgraphs, each a list of `(kind, inputs, outputs, options)`."""
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, [], []
    model.buffers = [schema.BufferT() for _ in range(len(buffers) + 1)]
    for buffer, values in zip(model.buffers[1:], buffers, strict=True):
        buffer.data = np.ascontiguousarray(values).reshape(-1).view("uint8")
    for rows in graphs:
        graph = schema.SubGraphT()
        graph.tensors, graph.inputs, graph.outputs = [tensor() for _ in range(9)], [], []
        graph.operators = [operator(model, *row) for row in rows]
        model.subgraphs.append(graph)
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = b"classify", 0
    signature.inputs, signature.outputs = [], []
    model.signatureDefs = [signature]
    return model


def operator(model, kind, inputs=(), outputs=(), options=None):
    code = schema.OperatorCodeT()
    is_custom = isinstance(kind, str)
    code.builtinCode = KINDS.CUSTOM if is_custom else kind
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.customCode = kind.encode() if is_custom else None
    model.operatorCodes.append(code)
    made = schema.OperatorT()
    made.opcodeIndex = len(model.operatorCodes) - 1
    made.inputs, made.outputs = list(inputs), list(outputs)
    if options is not None:
        made.builtinOptionsType, made.builtinOptions = options
    return made


def loop(condition, body):
    options = schema.WhileOptionsT()
    options.condSubgraphIndex, options.bodySubgraphIndex = condition, body
    return schema.BuiltinOptions.WhileOptions, options


def test_operations_are_listed_once_and_sorted():
    model = model_of([(KINDS.MUL,), (KINDS.ADD,), (KINDS.MUL,)])
    assert flatbuffer.operations(flatbuffer.packed(model)) == {"classify": ["ADD", "MUL"]}


def test_operations_of_loops_are_listed_and_those_of_other_graphs_are_not():
    model = model_of(
        [(KINDS.WHILE, (), (), loop(1, 2))], [(KINDS.LESS,)], [(KINDS.ADD,)], [(KINDS.EXP,)]
    )
    found = flatbuffer.operations(flatbuffer.packed(model))
    assert found == {"classify": ["ADD", "LESS", "WHILE"]}


def test_a_loop_that_contains_itself_ends():
    model = model_of([(KINDS.WHILE, (), (), loop(0, 0))])
    assert flatbuffer.operations(flatbuffer.packed(model)) == {"classify": ["WHILE"]}


def test_what_is_not_built_in_is_named_and_refused():
    content = flatbuffer.packed(model_of([("FlexBesselI0e",), (KINDS.ADD,), ("Odd",)]))
    kinds = ["ADD", "CUSTOM:FlexBesselI0e", "CUSTOM:Odd"]
    assert flatbuffer.operations(content) == {"classify": kinds}
    with pytest.raises(ExportError, match="tiny needs FlexBesselI0e, Odd, which LiteRT has not"):
        _check_built_in(content, "tiny")


def test_what_is_built_in_passes():
    _check_built_in(flatbuffer.packed(model_of([(KINDS.ADD,), (KINDS.BROADCAST_TO,)])), "tiny")


@pytest.mark.parametrize("kind", [KINDS.ADD, KINDS.BROADCAST_TO])  # below and above 127
def test_a_kind_is_the_newer_of_its_two_numbers(kind):
    model = model_of([(kind,)])
    assert flatbuffer.kind_of(model, model.subgraphs[0].operators[0]) == kind


def test_a_front_end_is_what_leads_to_a_logarithm():
    rows = [
        (KINDS.MUL, [0], [1]),
        (KINDS.ADD, [1, 2], [3]),
        (KINDS.EXP, [0], [7]),
        (KINDS.LOG, [3], [4]),
        (KINDS.CONV_2D, [4], [5]),
    ]
    model = model_of(rows)
    graph = model.subgraphs[0]
    assert flatbuffer.front_end(model, graph) == [graph.operators[i] for i in (3, 1, 0)]


def test_without_a_logarithm_there_is_no_front_end():
    model = model_of([(KINDS.MUL, [0], [1])])
    assert flatbuffer.front_end(model, model.subgraphs[0]) == []


def convolution(weights, logarithm=False):
    """A model whose convolution reads tensor 1, before a logarithm or without one."""
    rows = [(KINDS.CONV_2D, [0, 1], [2])] + ([(KINDS.LOG, [2], [3])] if logarithm else [])
    model = model_of(rows, buffers=[weights])
    model.subgraphs[0].tensors[1] = tensor(1, weights.shape)
    return model


@pytest.fixture
def weights(rng):
    return rng.normal(size=(4, 8, 8, 8)).astype("float32")


def rounded(model, function):
    content = quantization._rounded_weights(flatbuffer.packed(model), {KINDS.CONV_2D: function})
    return schema.ModelT.InitFromPackedBuf(content, 0)


def test_eight_bits_have_a_scale_for_each_output(weights):
    model = rounded(convolution(weights), quantization._to_8_bits)
    found = model.subgraphs[0].tensors[1]
    scale = np.abs(weights).max((1, 2, 3)) / 127
    np.testing.assert_allclose(found.quantization.scale, scale, rtol=1e-6)
    assert (found.type, found.quantization.quantizedDimension) == (schema.TensorType.INT8, 0)
    values = np.asarray(model.buffers[1].data, "uint8").view("int8").reshape(weights.shape)
    error = np.abs(values * scale[:, None, None, None] - weights)
    assert (error <= 0.501 * scale[:, None, None, None]).all()
    assert np.abs(values).max() == 127


def test_sixteen_bits_are_widened_before_they_are_read(weights):
    model = rounded(convolution(weights), quantization._to_16_bits)
    graph = model.subgraphs[0]
    first, second = graph.operators
    assert flatbuffer.kind_of(model, first) == KINDS.DEQUANTIZE
    assert list(first.outputs) == [1]
    assert list(second.inputs) == [0, 1]
    stored = graph.tensors[first.inputs[0]]
    assert (stored.type, stored.buffer) == (schema.TensorType.FLOAT16, 1)
    assert (graph.tensors[1].type, graph.tensors[1].buffer) == (schema.TensorType.FLOAT32, 0)
    values = np.asarray(model.buffers[1].data, "uint8").view("<f2").reshape(weights.shape)
    np.testing.assert_array_equal(values, weights.astype("<f2"))


@pytest.mark.parametrize("function", [quantization._to_8_bits, quantization._to_16_bits])
def test_a_front_end_stays_as_it_is(weights, function):
    model = rounded(convolution(weights, logarithm=True), function)
    assert model.subgraphs[0].tensors[1].type == schema.TensorType.FLOAT32
    np.testing.assert_array_equal(quantization._weights(model, tensor(1, weights.shape)), weights)


@pytest.mark.parametrize("function", [quantization._to_8_bits, quantization._to_16_bits])
def test_few_weights_stay_as_they_are(function):
    few = np.ones((1, 8, 8, 15), "float32")
    model = rounded(convolution(few), function)
    assert model.subgraphs[0].tensors[1].type == schema.TensorType.FLOAT32


def task(name, read=None):
    return Task(name, dict, (name,), None, 8000, 1, None, limit=1e-5, read=read)


ALLOWED = [
    (["classify", "embed"], None, None),
    (["classify"], None, []),
    (["classify", "embed"], "float16", None),
    (["dream", "dream_step"], "dynamic_range", []),
    (["classify"], "int8", ["a.wav"]),
]


@pytest.mark.parametrize(("names", "name", "representative"), ALLOWED)
def test_what_goes_together_passes(names, name, representative):
    quantization.check([task(each) for each in names], name, representative)


REFUSED = [
    (["classify"], "int16", None, "must be None or one of float16, dynamic_range, int8. .*'int16'"),
    (["embed"], "int8", ["a.wav"], "int8 is for classify. Received `tasks`: embed"),
    (["classify", "dream"], "int8", ["a.wav"], "int8 is for classify"),
    (["classify"], "int8", None, "reads its ranges off sounds.*Received: int8 and None"),
    (["classify"], "int8", [], r"reads its ranges off sounds.*Received: int8 and \[\]"),
    (["classify"], None, ["a.wav"], "int8, and only int8"),
    (["classify"], "float16", ["a.wav"], "int8, and only int8"),
]


@pytest.mark.parametrize(("names", "name", "representative", "message"), REFUSED)
def test_what_does_not_go_together_is_refused(names, name, representative, message):
    with pytest.raises(InputError, match=message):
        quantization.check([task(each) for each in names], name, representative)


@pytest.mark.parametrize(
    ("name", "limit", "objective"),
    [("float16", 1e-2, 0.05), ("dynamic_range", 0.1, 0.1), ("int8", 0.25, 1e-3)],
)
def test_limits_are_loosened(name, limit, objective):
    plain, dream = task("classify"), task("dream", read=abs)
    variant = quantization.QUANTIZATIONS[name]
    assert variant.loosened(plain) == dataclasses.replace(plain, limit=limit)
    loosened = variant.loosened(dream)
    assert (loosened.limit, loosened.objective_limit) == (None, objective)


@pytest.mark.parametrize(("length", "count"), [(3, 1), (10, 1), (11, 1), (25, 2)])
def test_sounds_are_cut_into_windows_of_the_file(length, count):
    fixed = dataclasses.replace(task("classify"), samples=10)
    sound = np.arange(length, dtype="float32")
    windows = quantization._fitted(fixed, [sound, sound[None]])
    assert [window.shape for window in windows] == [(1, 10)] * 2 * count
    np.testing.assert_array_equal(windows[0][0], np.resize(sound, 10))
