"""Smaller LiteRT files: what is rounded, and how far the answers may then differ.

A front end stays in floating point: a spectrum spans many times the range that eight bits have, and
its logarithm shows it. It is what the file's logarithms are computed by.
"""

import dataclasses

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from keras_sounddream.audio.io import load
from keras_sounddream.errors import InputError
from keras_sounddream.export import flatbuffer as parts
from keras_sounddream.export.pictures import pictures_for

_KINDS = schema.BuiltinOperator
_FEWEST = 1024  # weights of an operation that are worth rounding
_CHANNELS = {_KINDS.CONV_2D: 0, _KINDS.DEPTHWISE_CONV_2D: 3}  # axis with a scale each


@dataclasses.dataclass(frozen=True)
class Quantization:
    """A variant of a file.

    Attributes:
        tasks: tuple of str, the tasks that it is for.
        limit: float, the largest difference allowed, as a share of the output's peak.
    """

    tasks: tuple
    limit: float

    def loosened(self, task):
        """A `Task` with the limit of the variant."""
        return dataclasses.replace(task, limit=self.limit)


QUANTIZATIONS = {
    "float16": Quantization(("classify", "embed"), 1e-2),
    "dynamic_range": Quantization(("classify", "embed"), 0.1),
    "int8": Quantization(("classify",), 0.25),
}


def check(tasks, name, representative):
    """Checks that a variant is there and goes with the tasks.

    Args:
        tasks: list of `Task`.
        name: str, key of `QUANTIZATIONS`, or `None`.
        representative: as of `litert.write`.

    Raises:
        InputError: if not.
    """
    if name is not None and name not in QUANTIZATIONS:
        raise InputError(
            f"`quantization` must be None or one of {', '.join(QUANTIZATIONS)}. Received: {name!r}."
        )
    wanted = [task.name for task in tasks]
    if name is not None and set(wanted) - set(QUANTIZATIONS[name].tasks):
        raise InputError(
            f"The quantization {name} is for {' and '.join(QUANTIZATIONS[name].tasks)}. "
            f"Received `tasks`: {', '.join(wanted)}."
        )
    if (name == "int8") != (representative is not None and len(representative) > 0):
        raise InputError(
            "int8, and only int8, reads its ranges off sounds: `representative=[…]` "
            f"(--representative FILE). Received: {name} and {representative}."
        )


def quantize(make_converter, task, name, representative):
    """Converts with rounded weights.

    Args:
        make_converter: function without arguments to a new `tf.lite.TFLiteConverter`.
        task: `Task`, any of the file's.
        name: str, key of `QUANTIZATIONS`.
        representative: as of `litert.write`.

    Returns:
        bytes of a flatbuffer.
    """
    converter = make_converter()
    if name == "dynamic_range":
        return _rounded_weights(converter.convert())
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if name == "float16":
        converter.target_spec.supported_types = [tf.float16]
        return converter.convert()
    return _int8(converter, make_converter().convert(), _fitted(task, representative))


def _fitted(task, sounds):
    """Sounds as a file takes them: windows of its length, the last one repeated to fill it."""
    if task.input == "picture":
        return pictures_for(task, sounds)
    windows = []
    for sound in sounds:
        if not isinstance(sound, np.ndarray):
            sound = load(sound, task.sample_rate)
        sound = np.asarray(sound, "float32").reshape(1, -1)
        sound = np.tile(sound, (1, -(-task.samples // sound.shape[1])))
        windows += np.split(sound, range(task.samples, sound.shape[1], task.samples), 1)
    return [window for window in windows if window.shape[1] == task.samples]


def _int8(converter, whole, windows):
    def examples():
        for window in windows:
            yield [window]

    converter.representative_dataset = examples
    model = schema.ModelT.InitFromPackedBuf(whole, 0)
    kept = [
        graph.tensors[index].name.decode()
        for graph in model.subgraphs
        for operator in parts.front_end(model, graph)
        for index in operator.outputs
    ]
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter,
        debug_dataset=examples,
        debug_options=tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=kept),
    )
    return bytes(debugger.get_nondebug_quantized_model())


def _rounded_weights(whole):
    """Weights of eight bits; activations are rounded as they come, in the interpreter.

    The converter's own way rounds the front end too, and cannot be told otherwise.
    """
    model, done = schema.ModelT.InitFromPackedBuf(whole, 0), {}
    for graph in model.subgraphs:
        front = {id(operator) for operator in parts.front_end(model, graph)}
        for operator in graph.operators:
            kind = parts.kind_of(model, operator)
            if id(operator) in front or kind not in {*_CHANNELS, _KINDS.FULLY_CONNECTED}:
                continue
            _round(model, graph.tensors[operator.inputs[1]], _CHANNELS.get(kind), done)
    return parts.packed(model)


def _round(model, tensor, axis, done):
    """Rounds a weight in place; `done` holds the scales of buffers that tensors share."""
    buffer = model.buffers[tensor.buffer]
    if tensor.type != schema.TensorType.FLOAT32 and tensor.buffer not in done:
        return
    if tensor.buffer not in done:
        if buffer.data is None or np.prod(tensor.shape) < _FEWEST:
            return
        weights = np.asarray(buffer.data, "uint8").view("<f4").reshape(tensor.shape)
        others = None if axis is None else tuple(i for i in range(weights.ndim) if i != axis)
        scale = np.maximum(np.abs(weights).max(others, keepdims=True), 1e-12) / 127
        buffer.data = np.round(weights / scale).astype("int8").reshape(-1).view("uint8")
        done[tensor.buffer] = scale.reshape(-1)
    tensor.type = schema.TensorType.INT8
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.scale = done[tensor.buffer].astype("float32")
    tensor.quantization.zeroPoint = np.zeros(len(done[tensor.buffer]), "int64")
    tensor.quantization.quantizedDimension = axis or 0
