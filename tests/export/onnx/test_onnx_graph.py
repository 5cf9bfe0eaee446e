"""Loops of ONNX files: what they read from around them, and where constants stand."""

import numpy as np
import pytest

from keras_sounddream.export.onnx.graph import free_loops, graphs, place_constants
from keras_sounddream.export.onnx.operations import use_hard_sigmoid

onnx = pytest.importorskip("onnx", reason="needs onnx")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
helper, FLOAT = onnx.helper, onnx.TensorProto.FLOAT
KERNEL = np.linspace(-1, 1, 400, dtype="float32").reshape(20, 20)


def value(name, shape=(1, 20), kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def constant(name, array):
    return onnx.numpy_helper.from_array(np.asarray(array), name)


def model(*parts):
    graph = helper.make_graph(*parts)
    opset = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


def run(made, **inputs):
    onnx.checker.check_model(made, full_check=True)
    settings = onnxruntime.SessionOptions()
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), settings, providers=["CPUExecutionProvider"]
    )
    return session.run(None, inputs)


@pytest.fixture
def looping():
    """x @ kernel, three times; the kernel goes from step to step, and its twin is read after it."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["still_going"]),
            helper.make_node("MatMul", ["x_in", "kernel_in"], ["x_out"]),
            helper.make_node("Identity", ["kernel_in"], ["kernel_same"]),
            helper.make_node("Identity", ["kernel_same"], ["kernel_out"]),
        ],
        "body",
        [
            value("count", (), onnx.TensorProto.INT64),
            value("go", (), onnx.TensorProto.BOOL),
            value("kernel_in", (20, 20)),
            value("x_in"),
        ],
        [
            value("still_going", (), onnx.TensorProto.BOOL),
            value("kernel_out", (20, 20)),
            value("x_out"),
        ],
    )
    nodes = [
        helper.make_node("Loop", ["times", "", "kernel", "x"], ["same", "turned"], body=body),
        helper.make_node("Add", ["turned", "row"], ["y"]),
    ]
    constants = [constant("times", np.array(3)), constant("kernel", KERNEL)]
    constants.append(constant("row", np.arange(20, dtype="float32")))
    return model(nodes, "whole", [value("x")], [value("y")], constants)


def test_a_kernel_is_a_constant_of_the_loop_that_multiplies_by_it(looping, rng):
    x = rng.normal(size=(1, 20)).astype("float32")
    (wanted,) = run(looping, x=x)
    free_loops(looping.graph)
    place_constants(looping.graph)
    loop, body = looping.graph.node[0], list(graphs(looping.graph))[1]
    assert (list(loop.input)[2:], list(loop.output)) == (["x"], ["turned"])
    assert [list(one.dims) for one in body.initializer] == [[20, 20]]
    assert [list(one.dims) for one in looping.graph.initializer] == [[], [20]]
    np.testing.assert_allclose(run(looping, x=x)[0], wanted, atol=1e-4)
    np.testing.assert_allclose(wanted, x @ KERNEL @ KERNEL @ KERNEL + np.arange(20), atol=1e-4)


def test_what_a_loop_gives_out_stays_its_own(looping, rng):
    looping.graph.output.append(value("same", (20, 20)))
    free_loops(looping.graph)
    x = rng.normal(size=(1, 20)).astype("float32")
    np.testing.assert_array_equal(run(looping, x=x)[1], KERNEL)


def test_a_constant_of_two_graphs_stands_in_the_one_around_both(looping, rng):
    looping.graph.initializer.append(constant("twin", KERNEL))
    looping.graph.node.append(helper.make_node("MatMul", ["y", "twin"], ["z"]))
    looping.graph.output[0].name = "z"
    x = rng.normal(size=(1, 20)).astype("float32")
    (wanted,) = run(looping, x=x)
    free_loops(looping.graph)
    place_constants(looping.graph)
    whole, body = graphs(looping.graph)
    large = [sum(len(one.dims) == 2 for one in each.initializer) for each in (whole, body)]
    assert large == [1, 0]
    np.testing.assert_allclose(run(looping, x=x)[0], wanted, atol=1e-4)


def test_one_where_a_number_is_above_zero():
    nodes = [
        helper.make_node("Greater", ["x", "zero"], ["above"]),
        helper.make_node("Cast", ["above"], ["y"], to=FLOAT),
    ]
    made = model(nodes, "mask", [value("x")], [value("y")], [constant("zero", np.float32(0))])
    use_hard_sigmoid(onnx, made.graph)
    assert [node.op_type for node in made.graph.node] == ["HardSigmoid"]
    x = np.array([[-np.inf, -3, -1e-37, -0.0, 0, 1e-37, 1e-9, 1, 3e38, np.inf] * 2], "float32")
    np.testing.assert_array_equal(run(made, x=x)[0], x > 0)
