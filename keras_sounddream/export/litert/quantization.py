"""Quantization of LiteRT files: the weights that are rounded, and the differences then allowed.

A front end, the operations that lead to a logarithm, stays in floating point: a spectrum spans many
times the range that eight bits have, and its logarithm shows it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from keras_sounddream.audio.io import load
from keras_sounddream.errors import InputError
from keras_sounddream.export.formats import Task
from keras_sounddream.export.image_inputs import images_for
from keras_sounddream.export.litert import flatbuffer as parts
from keras_sounddream.types import Array, PathLike

_KINDS = schema.BuiltinOperator
_FEWEST = 1024  # weights of an operation that are worth rounding
_CONVOLUTIONS, _DENSE = (_KINDS.CONV_2D, _KINDS.DEPTHWISE_CONV_2D), (_KINDS.FULLY_CONNECTED,)
# Kind of operation: the input that its weights are, and their axis with a scale for each index.
_WEIGHTS = {
    _KINDS.CONV_2D: (1, 0),
    _KINDS.DEPTHWISE_CONV_2D: (1, 3),
    _KINDS.FULLY_CONNECTED: (1, None),
}


@dataclasses.dataclass(frozen=True)
class Quantization:
    """A way to round a file's weights.

    Attributes:
        tasks: the tasks that it is for.
        limit: the largest difference allowed, as a share of the output's peak.
        objective_limit: share by which the objective of a dream may differ. Its waveform may differ
            by any amount: steps of another rounding lead elsewhere, as high.
    """

    tasks: tuple[str, ...]
    limit: float
    objective_limit: float = 1e-3

    def loosened(self, task: Task) -> Task:
        """Returns the task with the limits of the quantization."""
        if task.read is None:
            return dataclasses.replace(task, limit=self.limit)
        return dataclasses.replace(task, limit=None, objective_limit=self.objective_limit)


_ALL = ("classify", "embed", "filter", "dream", "dream_step")
QUANTIZATIONS = {
    "float16": Quantization(_ALL, 1e-2, 0.05),
    "dynamic_range": Quantization(_ALL, 0.1, 0.1),
    "int8": Quantization(("classify",), 0.25),
}


def check(
    tasks: Sequence[Task], name: str | None, representative: Sequence[PathLike | Array] | None
) -> None:
    """Raises `InputError` if there is no such quantization, or it does not go with the tasks."""
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


def quantize(
    make_converter: Callable[[], tf.lite.TFLiteConverter],
    tasks: Sequence[Task],
    name: str,
    representative: Sequence[PathLike | Array] | None,
) -> bytes:
    """Converts with rounded weights, to the bytes of a flatbuffer."""
    if name == "int8":
        return _int8(
            make_converter(), make_converter().convert(), _fitted(tasks[0], representative)
        )
    # Of a dream, dense layers are left: the products of its Fourier transforms look the same.
    is_dream = any(task.read is not None for task in tasks)
    weights = _CONVOLUTIONS if is_dream else _CONVOLUTIONS + _DENSE
    return _rounded_weights(make_converter().convert(), dict.fromkeys(weights, _ROUND[name]))


def round_convolutions(flatbuffer: bytes, name: str) -> bytes:
    """Rounds the weights of a flatbuffer's convolutions, as `"float16"` or `"dynamic_range"`."""
    return _rounded_weights(flatbuffer, dict.fromkeys(_CONVOLUTIONS, _ROUND[name]))


def _fitted(task, sounds):
    """Sounds cut into windows of the file's length, a shorter one repeated to fill one."""
    if task.input == "picture":
        return images_for(task, sounds)
    windows = []
    for sound in sounds:
        if not isinstance(sound, np.ndarray):
            sound = load(sound, task.sample_rate)
        sound = np.asarray(sound, "float32").reshape(1, -1)
        sound = np.tile(sound, (1, -(-task.samples // sound.shape[1])))
        windows += np.split(sound, range(task.samples, sound.shape[1], task.samples), 1)
    return [window for window in windows if window.shape[1] == task.samples]


def _int8(converter, content, windows):
    def examples():
        for window in windows:
            yield [window]

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = examples
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    float_nodes = [
        graph.tensors[index].name.decode()
        for graph in model.subgraphs
        for operator in parts.front_end(model, graph)
        for index in operator.outputs
    ]
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter,
        debug_dataset=examples,
        debug_options=tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=float_nodes),
    )
    return bytes(debugger.get_nondebug_quantized_model())


def _rounded_weights(content, round_weights):
    """Rounds the weights of each kind of operation by its function, but not those of a front end.

    The converter's own ways round the front end too, and cannot be told otherwise.
    """
    model, done = schema.ModelT.InitFromPackedBuf(content, 0), {}
    for graph in model.subgraphs:
        front = {id(operator) for operator in parts.front_end(model, graph)}
        for operator in list(graph.operators):
            kind = parts.kind_of(model, operator)
            if id(operator) in front or kind not in round_weights:
                continue
            position, axis = _WEIGHTS[kind]
            tensor = graph.tensors[operator.inputs[position]]
            if _is_worth_it(model, tensor, done):
                round_weights[kind](model, graph, operator.inputs[position], axis, done)
    return parts.packed(model)


def _is_worth_it(model, tensor, done):
    if tensor.buffer in done:
        return True
    is_constant = model.buffers[tensor.buffer].data is not None
    return (
        is_constant
        and tensor.type == schema.TensorType.FLOAT32
        and np.prod(tensor.shape) >= _FEWEST
    )


def _weights(model, tensor):
    return np.asarray(model.buffers[tensor.buffer].data, "uint8").view("<f4").reshape(tensor.shape)


def _to_8_bits(model, graph, index, axis, done):
    """Rounds a weight in place: activations are rounded as they come, in the interpreter.

    `done` holds the scales of buffers that tensors share.
    """
    tensor = graph.tensors[index]
    if tensor.buffer not in done:
        weights = _weights(model, tensor)
        others = None if axis is None else tuple(i for i in range(weights.ndim) if i != axis)
        scale = np.maximum(np.abs(weights).max(others, keepdims=True), 1e-12) / 127
        rounded = np.round(weights / scale).astype("int8")
        model.buffers[tensor.buffer].data = rounded.reshape(-1).view("uint8")
        done[tensor.buffer] = scale.reshape(-1).astype("float32")
    tensor.type = schema.TensorType.INT8
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.scale = done[tensor.buffer]
    tensor.quantization.zeroPoint = np.zeros(len(done[tensor.buffer]), "int64")
    tensor.quantization.quantizedDimension = axis or 0


def _to_16_bits(model, graph, index, axis, done):
    """Stores a weight in 16 bits: an operation of its own widens it, once."""
    tensor = graph.tensors[index]
    if tensor.type == schema.TensorType.FLOAT32:
        if tensor.buffer not in done:
            rounded = _weights(model, tensor).astype("<f2")
            model.buffers[tensor.buffer].data = rounded.reshape(-1).view("uint8")
            done[tensor.buffer] = True
        parts.widen(model, graph, index)


_ROUND = {"float16": _to_16_bits, "dynamic_range": _to_8_bits}
