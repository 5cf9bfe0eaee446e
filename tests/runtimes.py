"""Runs a `tf.function` in LiteRT, with built-in operations alone, and in ONNX Runtime."""

import pytest
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from keras_sounddream.export.onnx.files import convert


def run_lite(function, *inputs):
    """Converts a function for the shapes of some arrays, and runs it on them: array."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert")
    model = interpreter.Interpreter(model_content=to_lite(function, *map(_fixed, inputs)))
    model.allocate_tensors()
    details = sorted(model.get_input_details(), key=lambda detail: detail["name"])
    for detail, value in zip(details, inputs, strict=True):
        model.set_tensor(detail["index"], value)
    model.invoke()
    return model.get_tensor(model.get_output_details()[0]["index"])


def to_lite(function, *specs):
    """Converts a function: bytes of a file. Raises where it needs more than built-ins."""
    converter = tf.lite.TFLiteConverter.from_concrete_functions([_frozen(function, specs)])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    return converter.convert()


def run_onnx(function, *inputs, fixed=False):
    """Converts a function for any batch and lengths, and runs it on some arrays: array."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    pytest.importorskip("tf2onnx", reason="needs tf2onnx")
    specs = [_fixed(x) if fixed else loose(x) for x in inputs]
    frozen = _frozen(function, specs)
    model = convert(frozen, {}, "the function").SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [tensor.name for tensor in frozen.inputs]
    return session.run(None, dict(zip(names, inputs, strict=True)))[0]


def _frozen(function, specs):
    """A graph without variables: of a loop over some the converters make nothing that runs."""
    traced = tf.function(function, autograph=False).get_concrete_function(*specs)
    return convert_variables_to_constants_v2(traced, lower_control_flow=False)


def loose(x):
    """A spec of an array of which only the last axis of three or more is known."""
    known = x.shape[-1] if x.ndim > 2 else None
    return tf.TensorSpec([*[None] * (x.ndim - 1), known], x.dtype)


def _fixed(x):
    return tf.TensorSpec(x.shape, x.dtype)
