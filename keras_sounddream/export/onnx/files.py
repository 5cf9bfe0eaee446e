"""ONNX files: converted from a TensorFlow function, written, and opened."""

from __future__ import annotations

import contextlib
import logging
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from keras_sounddream.errors import ExportError
from keras_sounddream.export.formats import package
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.onnx.graph import free_loops, place_constants
from keras_sounddream.export.onnx.operations import HANDLERS, use_hard_sigmoid

PURPOSE = "The format 'onnx'"
COMPARING = "Comparing an ONNX file (else: verify=False, --no-verify)"
OPSET = 18  # ONNX Runtime 1.14 and newer
_CATCH_ERRORS = "TF2ONNX_CATCH_ERRORS"  # by which tf2onnx is told to go on where one fails


def check_packages(verify: bool) -> None:
    """Raises `MissingPackageError` if a package that the format needs is not installed."""
    for name in ("tf2onnx", "onnx"):
        package(name, PURPOSE)
    if verify:
        package("onnxruntime", COMPARING)


def convert(frozen: Any, names: Mapping[str, str], what: str) -> Any:
    """Converts a concrete function without variables to an `onnx.ModelProto`.

    `names` renames tensors; `what` names the function in an error.
    """
    package("tf2onnx", PURPOSE)
    try:
        with contextlib.suppress(Exception), _uncopied():
            return _converted(frozen, names)
        return _converted(frozen, names)  # without the optimizer of tf2onnx that failed
    except Exception as error:  # of any kind
        raise ExportError(
            f"tf2onnx cannot convert {what}: {_first_line(error)}. Nothing was written."
        ) from None


def _converted(frozen, names):
    tf2onnx = package("tf2onnx", PURPOSE)
    parts = [[tensor.name for tensor in part] for part in (frozen.inputs, frozen.outputs)]
    with _silent("tf2onnx"), _silent("tensorflow"):  # which deprecates what tf2onnx calls
        model, _ = tf2onnx.convert.from_graph_def(
            frozen.graph.as_graph_def(),
            None,
            *parts,
            opset=OPSET,
            tensors_to_rename=names,
            custom_op_handlers=HANDLERS,
        )
    return model


@contextlib.contextmanager
def _uncopied():
    """Has tf2onnx copy no graph before each of its optimizers, two thirds of a dream's export."""
    if _CATCH_ERRORS in os.environ:
        yield
        return
    os.environ[_CATCH_ERRORS] = "FALSE"
    try:
        yield
    finally:
        os.environ.pop(_CATCH_ERRORS, None)


def write_graph(model: Any, metadata: Metadata, path: pathlib.Path) -> None:
    """Optimizes an `onnx.ModelProto` and writes it with its metadata as `metadata_props`."""
    onnx = package("onnx", PURPOSE)
    free_loops(model.graph)
    place_constants(model.graph)
    use_hard_sigmoid(onnx, model.graph)
    for unused in [one for one in model.opset_import if one.domain]:
        model.opset_import.remove(unused)
    files = {name: content.decode() for name, content in metadata.to_files().items()}
    onnx.helper.set_model_props(model, {**files, "opset": str(OPSET)})
    path.write_bytes(model.SerializeToString())


def open_file(path: pathlib.Path, what: str) -> Any:
    """Opens a file as an `onnxruntime.InferenceSession` on the CPU; `what` is for the error."""
    onnx, runtime = package("onnx", PURPOSE), package("onnxruntime", COMPARING)
    settings = runtime.SessionOptions()
    settings.log_severity_level = 3
    try:
        onnx.checker.check_model(str(path))
        return runtime.InferenceSession(str(path), settings, ["CPUExecutionProvider"])
    except Exception as error:  # of a kind of its own for every reason
        raise ExportError(
            f"ONNX Runtime does not open {what}: {_first_line(error)}. Nothing was written."
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
