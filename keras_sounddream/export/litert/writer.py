"""LiteRT export: one file for small machines, in built-in operations, for one length or size."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import re
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.formats import FormatWriter, Runner, Task, package
from keras_sounddream.export.image_inputs import at_size
from keras_sounddream.export.latent_tasks import INPUTS, at_its_size
from keras_sounddream.export.litert.packing import pack, unpack
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.portable.tasks import (
    fixed_samples,
    in_real_numbers,
    portable_function,
)
from keras_sounddream.types import Array, PathLike

_COMPARING = "Comparing a LiteRT file (else: verify=False, --no-verify)"
_DREAM_TASKS = {"dream", "dream_step"}


class LiteRTWriter(FormatWriter):
    """Writes `.tflite` files: a signature for each task, the metadata packed behind."""

    is_portable = True

    def check_packages(self, verify: bool) -> None:
        """Imports LiteRT's interpreter, to compare."""
        if verify:
            package("ai-edge-litert", _COMPARING)

    def at_length(self, task: Task, **options: Any) -> Task:
        """Returns a task at the file's length or size."""
        return at_length(task, options.get("seconds"), options.get("size"))

    def default_tasks(self, tasks: list[Task]) -> list[Task]:
        """Returns a dream's own tasks, or all tasks of a plain model."""
        return [task for task in tasks if task.name in _DREAM_TASKS] or tasks

    def write(
        self,
        tasks: list[Task],
        metadata: Metadata,
        path: pathlib.Path,
        *,
        seconds: float | None = None,
        quantization: str | None = None,
        representative: Sequence[PathLike | Array] | None = None,
        size: tuple[int, int] | None = None,
    ) -> list[Task]:
        """Writes a file; the options are described at `export_model`."""
        if quantization is not None or representative is not None:
            from keras_sounddream.export.litert import quantization as rounding

            rounding.check(tasks, quantization, representative)
        tasks = [at_length(task, seconds, size) for task in tasks]
        change = None
        if quantization is not None:

            def change(make_converter):
                return rounding.quantize(make_converter, tasks, quantization, representative)

            metadata = dataclasses.replace(
                metadata, settings={**metadata.settings, "quantization": quantization}
            )
        flatbuffer = convert_functions(signatures(tasks), tasks[0].model, change)
        _check_built_in(flatbuffer, metadata.model)
        samples = tasks[0].samples
        metadata = dataclasses.replace(
            metadata, samples=samples, min_samples=samples, size=tasks[0].size
        )
        path.write_bytes(pack(flatbuffer, metadata))
        if quantization is None:
            return tasks
        return [rounding.QUANTIZATIONS[quantization].loosened(task) for task in tasks]

    def read(self, path: pathlib.Path, tasks: list[Task], threads: int = 1) -> Runner:
        """Opens a file as small machines do; steps and their size are fixed in it."""
        from keras_sounddream.export.litert.flatbuffer import operations

        interpreter, flatbuffer = open_file(path, threads)
        runners = {task.name: interpreter.get_signature_runner(task.name) for task in tasks}
        inputs = {task.name: task.input for task in tasks}

        def run(name, image, **options):
            if name == "dream_step":
                options = {"place": np.array([options.get("place", 0)], "int32")}
            return runners[name](**{inputs[name]: np.asarray(image, "float32")}, **options)

        return Runner(run, operations(flatbuffer), ("place",))


def open_file(path: pathlib.Path, threads: int = 1) -> tuple[Any, bytes]:
    """Opens a file: an `Interpreter` of `ai_edge_litert`, and the bytes of the flatbuffer."""
    package("ai-edge-litert", _COMPARING)
    from ai_edge_litert.interpreter import Interpreter

    flatbuffer, _ = unpack(path.read_bytes(), str(path))
    try:
        interpreter = Interpreter(model_content=flatbuffer, num_threads=threads)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:  # such as an operation that it has not
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ExportError(f"LiteRT does not open {path.name}: {reason}.") from None
    return interpreter, flatbuffer


def at_length(
    task: Task, seconds: float | None = None, size: tuple[int, int] | None = None
) -> Task:
    """Returns a `Task` of one length or size, whose own function is traced once."""
    function = tf.function(task.function, autograph=False, reduce_retracing=True)
    if task.input in INPUTS:
        at_its_size(task, seconds=seconds, size=size)
        return dataclasses.replace(task, function=function)
    if task.input == "picture":
        task = at_size(task, seconds, size, required=True)
        return dataclasses.replace(task, function=function)
    if size is not None:
        raise InputError(f"`size` is of pictures, and {task.model.name} takes sounds: `seconds`.")
    if seconds is None and task.samples is None:
        raise InputError(
            "A file of this format takes one length of sound. Give it: `seconds=5` (--seconds 5)."
        )
    samples = fixed_samples(task, seconds)
    return dataclasses.replace(task, function=function, samples=samples, min_samples=samples)


def signatures(tasks: Sequence[Task]) -> dict[str, Any]:
    """Returns a concrete function without variables for each task of `at_length`, by name.

    It takes `waveform`, float32 `(1, samples)`, or `picture`, float32 `(1, height, width, 3)`, and
    for `dream_step` `place`, int32 `(1,)`, and returns a dict by the names in `Task.outputs`.
    """
    portable = {task.name: _portable(task) for task in tasks}
    return {task.name: _frozen(task, *portable[task.name]) for task in tasks}


def _portable(task):
    """A task's function in portable operations, and the specs of its arguments."""
    specs = {task.input: tf.TensorSpec((1, *task.shape), tf.float32, task.input)}
    if task.name == "dream_step":  # of one element: LiteRT 2.1 for Arm crashes on scalars
        specs["place"] = tf.TensorSpec((1,), tf.int32, "place")
    if task.read is None:

        def function(**inputs):
            return task.function.python_function(inputs[task.input])

        return in_real_numbers(task, function), specs
    return portable_function(task, task.samples), specs


def _frozen(task, function, specs):
    """A function without variables: converters make nothing that runs of loops over some."""
    traced = tf.function(function, autograph=False).get_concrete_function(**specs)
    constant = convert_variables_to_constants_v2(traced, lower_control_flow=False)
    order = [tensor.name.split(":")[0] for tensor in constant.inputs]

    def whole(**inputs):
        results = constant(*(inputs[name] for name in order))
        return dict(zip(sorted(task.outputs), tf.nest.flatten(results), strict=True))

    return tf.function(whole, autograph=False).get_concrete_function(**specs)


def convert_functions(
    functions: Mapping[str, Any], model: Any, change: Callable[[Callable], bytes] | None = None
) -> bytes:
    """Converts concrete functions, by signature name, to one flatbuffer of built-in operations.

    `change` makes the flatbuffer from a function that returns a new `tf.lite.TFLiteConverter`, for
    rounded weights; `model`, whose functions they are, is named in the error.
    """
    with tempfile.TemporaryDirectory() as folder, _quietly():
        bare = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(tf.Module(), folder, functions, bare)

        def make_converter():
            names = list(functions)
            converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=names)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            return converter

        try:
            return make_converter().convert() if change is None else change(make_converter)
        except InputError:
            raise
        except Exception as error:  # the converter raises what its passes raise
            raise ExportError(_refusal(model, str(error))) from None


@contextlib.contextmanager
def _quietly():
    """Keeps back the remarks of TensorFlow's converter: what goes wrong is an error."""
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(before)


def _refusal(model, message):
    """One line of the converter's pages: which operations, of which layers."""
    kinds = sorted(set(re.findall(r"'tf\.(\w+)' op is neither", message)))
    kinds = kinds or sorted(set(re.findall(r"\btf\.([A-Z]\w+)", message)))
    layers = getattr(model, "model", model).layers
    near = " ".join(line for line in message.splitlines() if "neither" in line or "loc(" in line)
    named = [layer.name for layer in layers if re.search(rf"/{layer.name}(_\d+)?/", near)]
    what = f"operation {', '.join(kinds)}" if kinds else message.strip().splitlines()[0]
    where = f" of layer {', '.join(map(repr, named))}" if named else ""
    return f"LiteRT has not built in what {model.name} needs: {what}{where}. Nothing was written."


def _check_built_in(flatbuffer, name):
    """Refuses operations that LiteRT has not built in, which only some interpreters run."""
    model = schema.Model.GetRootAs(flatbuffer, 0)
    codes = [model.OperatorCodes(i).CustomCode() for i in range(model.OperatorCodesLength())]
    custom = sorted(code.decode() for code in codes if code is not None)
    if custom:
        raise ExportError(
            f"{name} needs {', '.join(custom)}, which LiteRT has not built in. Nothing was written."
        )
