"""LiteRT: one file for small machines, built-in operations only, of one length of sound."""

import contextlib
import dataclasses
import re
import tempfile
import warnings

import numpy as np
import tensorflow as tf
from absl import logging

from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.litert import flatbuffer as parts
from keras_sounddream.export.litert.fixed_length import at_length, signatures
from keras_sounddream.export.litert.packing import pack, unpack
from keras_sounddream.export.litert.quantization import QUANTIZATIONS, check, quantize
from keras_sounddream.export.verify import Runner

FOLDER_HOLDS = None
_OF_DREAMS = {"dream", "dream_step"}


def by_default(tasks):
    """Picks what one file holds if nobody says: a dreamer dreams, anything else does all it can.

    Args:
        tasks: list of `Task`.

    Returns:
        list of `Task`.
    """
    return [task for task in tasks if task.name in _OF_DREAMS] or tasks


def write(tasks, metadata, path, seconds=None, quantization=None, representative=None, size=None):
    """Writes a file with one signature a task.

    Args:
        tasks: list of `Task`.
        metadata: `Metadata`; it is put behind the flatbuffer, see `packing`.
        path: `pathlib.Path` of the file.
        seconds: float, s, the one length of sound that the file takes.
        quantization: str, key of `quantization.QUANTIZATIONS`, or `None` for float32 throughout.
        representative: for `"int8"`, sequence of paths of sound files, or of float32
            `(1, samples)` arrays at the model's rate, like those that the file will hear: the
            ranges of the activations are read off them. Of pictures likewise.
        size: pair of int, the rows and columns of the pictures that the file takes.

    Returns:
        list of `Task`, those that were written, of that length, with the limits of the variant.

    Raises:
        InputError: if there is no length or size, or the variant does not go with the tasks.
        ExportError: if the model needs operations that LiteRT has not built in.
    """
    check(tasks, quantization, representative)
    tasks = [at_length(task, seconds, size) for task in tasks]
    made = _convert(tasks, quantization, representative)
    for name, kinds in parts.operations(made).items():
        custom = [kind for kind in kinds if kind.startswith("CUSTOM")]
        if custom:
            raise ExportError(
                f"The {name} of {metadata.model} needs {', '.join(custom)}, which LiteRT has not "
                "built in. Nothing was written."
            )
    samples = tasks[0].samples
    settings = {**metadata.settings, **({"quantization": quantization} if quantization else {})}
    metadata = dataclasses.replace(
        metadata, samples=samples, min_samples=samples, settings=settings, size=tasks[0].size
    )
    path.write_bytes(pack(made, metadata))
    return [QUANTIZATIONS[quantization].loosened(task) for task in tasks] if quantization else tasks


def read(path, tasks, threads=1):
    """Opens a file as small machines do.

    Args:
        path: `pathlib.Path`.
        tasks: list of `Task` that `write` gave.
        threads: int, that a call may use.

    Returns:
        `verify.Runner`; steps and their size are baked in.

    Raises:
        InputError: if `ai_edge_litert` is not installed.
    """
    interpreter, content = open_file(path, threads)
    runners = {task.name: interpreter.get_signature_runner(task.name) for task in tasks}

    def run(name, image, **options):
        if name == "dream_step":
            options = {"place": np.array([options.get("place", 0)], "int32")}
        return runners[name](**{tasks[0].input: np.asarray(image, "float32")}, **options)

    return Runner(run, parts.operations(content), ("place",))


def open_file(path, threads=1):
    """Opens a file.

    Args:
        path: `pathlib.Path`.
        threads: int, that a call may use.

    Returns:
        `(interpreter, flatbuffer)`: `Interpreter` of `ai_edge_litert`, and bytes.

    Raises:
        InputError: if `ai_edge_litert` is not installed.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        raise InputError(
            "To compare a LiteRT file needs a runtime: pip install ai-edge-litert, or export with "
            "verify=False."
        ) from None
    content, _ = unpack(path.read_bytes(), str(path))
    return Interpreter(model_content=content, num_threads=threads), content


def convert_functions(made, model, change=None):
    """Converts functions to one flatbuffer, of built-in operations alone.

    Args:
        made: dict of signature name to `tf.types.experimental.ConcreteFunction`.
        model: `keras.Model` or `DeepDream` that they are of, for the error.
        change: function from a function that makes a `tf.lite.TFLiteConverter` to bytes, for
            rounded weights; by default nothing is rounded.

    Returns:
        bytes.

    Raises:
        ExportError: if LiteRT has not built in what they need.
    """
    with tempfile.TemporaryDirectory() as folder, _quietly():
        bare = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(tf.Module(), folder, made, bare)

        def make_converter():
            names = list(made)
            converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=names)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            return converter

        try:
            return make_converter().convert() if change is None else change(make_converter)
        except InputError:
            raise
        except Exception as error:  # the converter raises what its passes raise
            raise ExportError(_refusal(model, str(error))) from None


def _convert(tasks, quantization, representative):
    change = None
    if quantization is not None:

        def change(make_converter):
            return quantize(make_converter, tasks, quantization, representative)

    return convert_functions(signatures(tasks), tasks[0].model, change)


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
