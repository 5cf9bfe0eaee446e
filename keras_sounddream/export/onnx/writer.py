"""ONNX export: one task as one graph, for ONNX Runtime in all its languages."""

from __future__ import annotations

import dataclasses
import pathlib
import re
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from keras_sounddream.errors import ExportError
from keras_sounddream.export.formats import FormatWriter, Runner, Task, package
from keras_sounddream.export.image_inputs import at_size
from keras_sounddream.export.latent_tasks import INPUTS, at_its_size
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.onnx.files import (
    PURPOSE,
    check_packages,
    convert,
    open_file,
    write_graph,
)
from keras_sounddream.export.onnx.graph import nodes
from keras_sounddream.export.portable.tasks import fixed_samples, portable_function

_OUTPUTS = {"waveform": "dream", "picture": "dream"}  # no output may be named as an input
_AXES = {
    "waveform": ("batch", "samples"),
    "picture": ("batch", "height", "width", "channels"),
    "latent": ("batch", "size"),
    "original": ("batch", "height", "width", "channels"),
}


class OnnxWriter(FormatWriter):
    """Writes `.onnx` files, each of one task."""

    is_portable = True
    tasks_per_file = 1

    def check_packages(self, verify: bool) -> None:
        """Imports tf2onnx and onnx, and to compare ONNX Runtime."""
        check_packages(verify)

    def at_length(self, task: Task, **options: Any) -> Task:
        """Returns a task at the one length or size that was asked for, or at any."""
        if task.input in INPUTS:
            return at_its_size(task, **options)
        if task.input == "picture":
            return at_size(task, options.get("seconds"), options.get("size"))
        samples = fixed_samples(task, options.get("seconds"))
        return dataclasses.replace(task, samples=samples)

    def default_tasks(self, tasks: list[Task]) -> list[Task]:
        """Returns the first task that the model has."""
        return tasks[:1]

    def write(
        self,
        tasks: list[Task],
        metadata: Metadata,
        path: pathlib.Path,
        *,
        seconds: float | None = None,
        size: tuple[int, int] | None = None,
    ) -> list[Task]:
        """Writes the first task as one graph.

        `classify` and `embed` take float32 `(batch, samples)`, any batch and any length, as
        `waveform`, and repeat sounds that are shorter than the model takes. The dreams take one
        sound of any length, and output `dream`; `dream_step` also takes `place`, int32, the number
        of the step, and outputs `objective`. Other settings of a dream are fixed in the file.
        Images come as `picture`, float32 `(batch, height, width, 3)`, to a dream one at a time, of
        any size unless one is fixed.
        """
        onnx = package("onnx", PURPOSE)
        task = self.at_length(tasks[0], seconds=seconds, size=size)
        samples = None if task.input == "picture" else task.samples
        frozen = _frozen(task, samples)
        names = {tensor.name: tensor.op.name for tensor in frozen.inputs}
        outputs = [
            _OUTPUTS.get(name, name) if name == task.input else name for name in task.outputs
        ]
        names |= dict(zip([tensor.name for tensor in frozen.outputs], outputs, strict=True))
        model = convert(frozen, names, f"the {task.name} of {_network(task).name}")
        _check_graph(onnx, model, task)
        _name_axes(model, task)
        metadata = dataclasses.replace(
            metadata, tasks=(task.name,), samples=samples, size=task.size
        )
        write_graph(model, metadata, path)
        return [task]

    def read(self, path: pathlib.Path, tasks: list[Task]) -> Runner:
        """Opens a file in ONNX Runtime, on the CPU."""
        onnx, task = package("onnx", PURPOSE), tasks[0]
        session = open_file(path, f"the {task.name} of {_network(task).name}")
        takes = {node.name for node in session.get_inputs()}

        def run(name, image, **options):
            inputs = {task.input: np.asarray(image, "float32"), "place": np.int32(0), **options}
            inputs = {key: np.asarray(value) for key, value in inputs.items() if key in takes}
            return dict(zip(task.outputs, session.run(None, inputs), strict=True))

        kinds = sorted({node.op_type for node in nodes(onnx.load(path).graph)})
        return Runner(run, {task.name: kinds}, tuple(takes - set(_AXES)))


def write_function(function: Any, metadata: Metadata, path: pathlib.Path) -> None:
    """Writes a concrete function without variables as one graph, with the function's names."""
    onnx = package("onnx", PURPOSE)
    names = {tensor.name: tensor.op.name for tensor in function.inputs}
    outputs = sorted(function.structured_outputs)
    names |= dict(zip([tensor.name for tensor in function.outputs], outputs, strict=True))
    model = convert(function, names, metadata.model)
    unknown = {node.op_type for node in nodes(model.graph) if not onnx.defs.has(node.op_type)}
    if unknown:
        raise ExportError(
            f"Operations of {metadata.model} have no form in ONNX: {', '.join(sorted(unknown))}. "
            "Nothing was written."
        )
    write_graph(model, metadata, path)


def _frozen(task, samples):
    """The task's concrete function, its variables made constants, with named inputs."""
    batch = None if task.read is None else 1
    specs = {task.input: tf.TensorSpec((batch, *task.shape), tf.float32, task.input)}
    if "place" in task.options:
        specs["place"] = tf.TensorSpec((), tf.int32, "place")
    portable = portable_function(task, samples)

    def function(**inputs):
        outputs = portable(**inputs)
        return [tf.identity(outputs[name]) for name in task.outputs]

    traced = tf.function(function, autograph=False).get_concrete_function(**specs)
    if not traced.captured_inputs:
        return traced  # freezing takes the shapes from within a loop of any length
    return convert_variables_to_constants_v2(traced, lower_control_flow=False)


def _name_axes(model, task):
    """Names the axes of inputs and outputs whose length is free; as many rows leave as enter."""
    takes = {node.name: node.type.tensor_type.shape.dim for node in model.graph.input}
    rows = takes[task.input][0]
    own = dict.fromkeys((task.input, _OUTPUTS.get(task.input)), _AXES[task.input])
    for node in (*model.graph.input, *model.graph.output):
        sizes = node.type.tensor_type.shape.dim
        others = ("batch", *(f"{node.name}_axis_{i}" for i in range(1, len(sizes))))
        for size, axis in zip(sizes, own.get(node.name, others), strict=False):
            if axis == "batch" and rows.dim_value:
                size.dim_value = rows.dim_value
            elif not size.HasField("dim_value"):
                size.dim_param = axis


def _check_graph(onnx, model, task):
    """Refuses operations that ONNX lacks, which tf2onnx leaves as they were."""
    layers = [layer.name for layer in _network(task).layers]
    for node in nodes(model.graph):
        if node.domain or not onnx.defs.has(node.op_type):
            scopes = node.name.split("/")
            within = [
                n for n in layers if any(re.fullmatch(rf"{re.escape(n)}(_\d+)*", s) for s in scopes)
            ]
            where = f" of layer {max(within, key=len)!r}" if within else ""
            raise ExportError(
                f"Operation {node.op_type}{where} ({node.name}) has no form in ONNX, so "
                f"{task.name} of {_network(task).name} cannot be exported. Nothing was written."
            )
    takes = [node.name for node in model.graph.input]
    expected = [task.input, *(["place"] if "place" in task.options else [])]
    if sorted(takes) != sorted(expected):
        raise ExportError(
            f"tf2onnx made a file that takes {', '.join(takes)}, where {', '.join(expected)} was "
            "expected. Nothing was written."
        )


def _network(task):
    return task.model if task.read is None else task.model.model
