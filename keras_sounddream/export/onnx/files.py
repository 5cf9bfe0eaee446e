"""A graph of ONNX, made of a TensorFlow function, written and opened."""

import contextlib
import importlib
import logging

from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.onnx.graph import free_loops, place_constants
from keras_sounddream.export.onnx.operations import HANDLERS, quicken

OPSET = 18  # ONNX Runtime 1.14 and newer


def convert(frozen, names, what):
    """Converts a function without variables.

    Args:
        frozen: `tf.types.experimental.ConcreteFunction`.
        names: dict from the name of a tensor that it takes or gives to the one in the graph.
        what: str, what it is, for the error.

    Returns:
        `onnx.ModelProto`.

    Raises:
        InputError: if tf2onnx is missing.
        ExportError: if tf2onnx cannot convert it.
    """
    tf2onnx = package("tf2onnx")
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


def write_graph(model, metadata, path):
    """Makes a graph quicker, says in it what it is, and writes it.

    Args:
        model: `onnx.ModelProto`.
        metadata: `Metadata`; its files, and `opset`, become the graph's `metadata_props`.
        path: `pathlib.Path` of the file.
    """
    onnx = package("onnx")
    free_loops(model.graph)
    place_constants(model.graph)
    quicken(onnx, model.graph)
    for unused in [one for one in model.opset_import if one.domain]:
        model.opset_import.remove(unused)
    files = {name: content.decode() for name, content in metadata.to_files().items()}
    onnx.helper.set_model_props(model, {**files, "opset": str(OPSET)})
    path.write_bytes(model.SerializeToString())


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
    onnx, runtime = package("onnx"), package("onnxruntime")
    settings = runtime.SessionOptions()
    settings.log_severity_level = 3
    try:
        onnx.checker.check_model(str(path))
        return runtime.InferenceSession(str(path), settings, ["CPUExecutionProvider"])
    except Exception as error:  # of a kind of its own for every reason
        raise ExportError(
            f"ONNX Runtime does not open {what}: {_first_line(error)}. Nothing was written."
        ) from None


def package(name):
    """Imports a package that ONNX needs.

    Args:
        name: str.

    Returns:
        the module.

    Raises:
        InputError: if it is missing.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(
            f"The format 'onnx' needs {name}: pip install 'keras-sounddream[export]'."
        ) from None


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
