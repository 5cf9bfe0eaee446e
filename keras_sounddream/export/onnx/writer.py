"""ONNX: a graph for ONNX Runtime, in every language that it has."""

import dataclasses
import re

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from keras_sounddream.errors import ExportError
from keras_sounddream.export.image_inputs import at_size
from keras_sounddream.export.onnx.files import convert, open_file, package, write_graph
from keras_sounddream.export.onnx.graph import nodes
from keras_sounddream.export.portable.tasks import fixed_samples, portable_function
from keras_sounddream.export.verify import Runner

FOLDER_HOLDS = None
TASKS_A_FILE = 1
_OUTPUTS = {"waveform": "dream", "picture": "dream"}  # no output may be named as an input
_AXES = {"waveform": ("batch", "samples"), "picture": ("batch", "height", "width", "channels")}


def by_default(tasks):
    """Gives the tasks of a file for which none are named: the first that the model has."""
    return tasks[:TASKS_A_FILE]


def write(tasks, metadata, path, seconds=None, size=None):
    """Writes a task as one graph.

    `classify` and `embed` take float32 `(batch, samples)`, any batch and any length, as `waveform`,
    and repeat sounds that are shorter than the model takes. The dreams take one sound of any
    length, and answer `dream`; `dream_step` also takes `place`, int32, which step it is, and
    answers `objective`. What else may be set of a dream is fixed in the file. Pictures come as
    `picture`, float32 `(batch, height, width, 3)`, to a dream one at a time, of any size unless
    one is fixed.

    Args:
        tasks: list of `Task`; the first is written.
        metadata: `Metadata`; its files, and `opset`, become the graph's `metadata_props`.
        path: `pathlib.Path` of the file.
        seconds: float, s, the one length of sound, by default any.
        size: pair of int, the rows and columns of the pictures that the file takes.

    Returns:
        list of the one `Task` that was written.

    Raises:
        InputError: if tf2onnx is missing, or the length does not do.
        ExportError: if an operation of the model has no form in ONNX.
    """
    onnx, task = package("onnx"), tasks[0]
    if task.input == "picture":
        task, samples = at_size(task, seconds, size), None
    else:
        samples = fixed_samples(task, seconds)
        task = dataclasses.replace(task, samples=samples)
    frozen = _frozen(task, samples)
    names = {tensor.name: tensor.op.name for tensor in frozen.inputs}
    outputs = [_OUTPUTS.get(name, name) for name in task.outputs]
    names |= dict(zip([tensor.name for tensor in frozen.outputs], outputs, strict=True))
    model = convert(frozen, names, f"the {task.name} of {_network(task).name}")
    _name_axes(model, task)
    _check_graph(onnx, model, task)
    metadata = dataclasses.replace(metadata, tasks=(task.name,), samples=samples, size=task.size)
    write_graph(model, metadata, path)
    return [task]


def write_function(function, metadata, path):
    """Writes a function of any arguments as one graph, whose names are the function's.

    Args:
        function: `tf.types.experimental.ConcreteFunction`, from tensors by name to a dict of
            tensors, without variables.
        metadata: as of `write`.
        path: `pathlib.Path` of the file.

    Raises:
        InputError: if tf2onnx is missing.
        ExportError: if an operation has no form in ONNX.
    """
    onnx = package("onnx")
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


def read(path, tasks):
    """Opens a file in ONNX Runtime, on the CPU.

    Args:
        path: `pathlib.Path` of the file.
        tasks: list of the `Task` that it was made of.

    Returns:
        `verify.Runner`.

    Raises:
        InputError: if ONNX Runtime is missing.
        ExportError: if it does not open the file.
    """
    onnx, what = package("onnx"), f"the {tasks[0].name} of {_network(tasks[0]).name}"
    session = open_file(path, what)
    takes = {given.name for given in session.get_inputs()}

    def run(name, image, **options):
        inputs = {tasks[0].input: np.asarray(image, "float32"), "place": np.int32(0), **options}
        inputs = {key: np.asarray(value) for key, value in inputs.items() if key in takes}
        return dict(zip(tasks[0].outputs, session.run(None, inputs), strict=True))

    kinds = sorted({node.op_type for node in nodes(onnx.load(path).graph)})
    return Runner(run, {tasks[0].name: kinds}, tuple(takes - set(_AXES)))


def _frozen(task, samples):
    """The task's graph, its variables made constants; its inputs by their names."""
    batch = None if task.read is None else 1
    specs = {task.input: tf.TensorSpec((batch, *task.shape), tf.float32, task.input)}
    if "place" in task.options:
        specs["place"] = tf.TensorSpec((), tf.int32, "place")
    portable = portable_function(task, samples)

    def function(**inputs):
        found = portable(**inputs)
        return [tf.identity(found[name]) for name in task.outputs]

    traced = tf.function(function, autograph=False).get_concrete_function(**specs)
    if not traced.captured_inputs:
        return traced  # freezing takes the shapes from within a loop of any length
    return convert_variables_to_constants_v2(traced, lower_control_flow=False)


def _name_axes(model, task):
    """Names those axes of the input that have any length."""
    (image,) = (given for given in model.graph.input if given.name == task.input)
    for size, name in zip(image.type.tensor_type.shape.dim, _AXES[task.input], strict=True):
        if not size.HasField("dim_value"):
            size.dim_param = name


def _check_graph(onnx, model, task):
    """Refuses operations that ONNX has not, which tf2onnx leaves as they were."""
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
    takes = [given.name for given in model.graph.input]
    wanted = [task.input, *(["place"] if "place" in task.options else [])]
    if sorted(takes) != sorted(wanted):
        raise ExportError(
            f"tf2onnx made a file that takes {', '.join(takes)}, where {', '.join(wanted)} was "
            "expected. Nothing was written."
        )


def _network(task):
    return task.model if task.read is None else task.model.model
