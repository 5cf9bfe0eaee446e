"""ONNX: a graph for ONNX Runtime, in every language that it has."""

import contextlib
import dataclasses
import importlib
import logging
import re

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.onnx_graph import free_loops, nodes, place_constants
from keras_sounddream.export.onnx_operations import HANDLERS, quicken
from keras_sounddream.export.pictures import at_size
from keras_sounddream.export.portable_tasks import fixed_samples, portable_function
from keras_sounddream.export.verify import Runner

FOLDER_HOLDS = None
TASKS_A_FILE = 1
OPSET = 18  # ONNX Runtime 1.14 and newer
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
    tf2onnx, onnx = _package("tf2onnx"), _package("onnx")
    task = tasks[0]
    if task.input == "picture":
        task, samples = at_size(task, seconds, size), None
    else:
        samples = fixed_samples(task, seconds)
        task = dataclasses.replace(task, samples=samples)
    frozen = _frozen(task, samples)
    names = {tensor.name: tensor.op.name for tensor in frozen.inputs}
    outputs = [_OUTPUTS.get(name, name) for name in task.outputs]
    names |= dict(zip([tensor.name for tensor in frozen.outputs], outputs, strict=True))
    model = _converted(tf2onnx, frozen, names, f"the {task.name} of {_network(task).name}")
    _name_axes(model, task)
    _check_graph(onnx, model, task)
    metadata = dataclasses.replace(metadata, tasks=(task.name,), samples=samples, size=task.size)
    _finish(onnx, model, metadata, path)
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
    tf2onnx, onnx = _package("tf2onnx"), _package("onnx")
    names = {tensor.name: tensor.op.name for tensor in function.inputs}
    outputs = sorted(function.structured_outputs)
    names |= dict(zip([tensor.name for tensor in function.outputs], outputs, strict=True))
    model = _converted(tf2onnx, function, names, metadata.model)
    unknown = {node.op_type for node in nodes(model.graph) if not onnx.defs.has(node.op_type)}
    if unknown:
        raise ExportError(
            f"Operations of {metadata.model} have no form in ONNX: {', '.join(sorted(unknown))}. "
            "Nothing was written."
        )
    _finish(onnx, model, metadata, path)


def _finish(onnx, model, metadata, path):
    """Makes a graph quicker, says in it what it is, and writes it."""
    free_loops(model.graph)
    place_constants(model.graph)
    quicken(onnx, model.graph)
    for unused in [one for one in model.opset_import if one.domain]:
        model.opset_import.remove(unused)
    files = {name: content.decode() for name, content in metadata.to_files().items()}
    onnx.helper.set_model_props(model, {**files, "opset": str(OPSET)})
    path.write_bytes(model.SerializeToString())


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
    onnx, what = _package("onnx"), f"the {tasks[0].name} of {_network(tasks[0]).name}"
    session = open_file(path, what)
    takes = {given.name for given in session.get_inputs()}

    def run(name, image, **options):
        inputs = {tasks[0].input: np.asarray(image, "float32"), "place": np.int32(0), **options}
        inputs = {key: np.asarray(value) for key, value in inputs.items() if key in takes}
        return dict(zip(tasks[0].outputs, session.run(None, inputs), strict=True))

    kinds = sorted({node.op_type for node in nodes(onnx.load(path).graph)})
    return Runner(run, {tasks[0].name: kinds}, tuple(takes - set(_AXES)))


def open_file(path, what):
    """Opens a file in ONNX Runtime, on the CPU.

    Args:
        path: `pathlib.Path` of the file.
        what: str, what it holds, for the error.

    Returns:
        `onnxruntime.InferenceSession`.

    Raises:
        InputError: if ONNX Runtime is missing.
        ExportError: if it does not open the file.
    """
    onnx, runtime = _package("onnx"), _package("onnxruntime")
    settings = runtime.SessionOptions()
    settings.log_severity_level = 3
    try:
        onnx.checker.check_model(str(path))
        return runtime.InferenceSession(str(path), settings, ["CPUExecutionProvider"])
    except Exception as error:  # of a kind of its own for every reason
        raise ExportError(
            f"ONNX Runtime does not open {what}: {_first_line(error)}. Nothing was written."
        ) from None


def _package(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(
            f"The format 'onnx' needs {name}: pip install 'keras-sounddream[export]'."
        ) from None


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


def _converted(tf2onnx, frozen, names, what):
    parts = [[tensor.name for tensor in part] for part in (frozen.inputs, frozen.outputs)]
    try:
        with _silent("tf2onnx"):
            model, _ = tf2onnx.convert.from_graph_def(
                frozen.graph.as_graph_def(),
                None,
                *parts,
                opset=OPSET,
                tensors_to_rename=names,
                custom_op_handlers=HANDLERS,
            )
    except Exception as error:  # of any kind
        raise ExportError(
            f"tf2onnx cannot convert {what}: {_first_line(error)}. Nothing was written."
        ) from None
    return model


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


def _first_line(error):
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


@contextlib.contextmanager
def _silent(name):
    """Keeps a package's logs off the terminal: what matters in them becomes an error."""
    logger = logging.getLogger(name)
    before = logger.disabled, logger.level, logger.propagate
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.disabled, level, logger.propagate = before
        logger.setLevel(level)
