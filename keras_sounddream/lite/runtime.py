"""The LiteRT interpreter, from `ai_edge_litert` or the older `tflite_runtime`."""

import importlib
import platform
from types import ModuleType
from typing import Any

from keras_sounddream.errors import InputError, MissingPackageError

_PACKAGES = ("ai_edge_litert", "tflite_runtime")  # the newer first
_ARM = ("aarch64", "arm64")


def open_interpreter(flatbuffer: bytes, threads: int = 1, integers: bool = False) -> Any:
    """`Interpreter` of a checked model; `integers` says that it computes in 8-bit integers.

    On Arm, XNNPACK, which interpreters use by default, was seen to compute wrong results in 8-bit
    integers (LiteRT 2.1.6, emulated), and the plain kernels right ones: these are used there.
    """
    module = _find_module()
    plain = {}
    if integers and platform.machine() in _ARM:
        kinds = module.OpResolverType
        plain = {"experimental_op_resolver_type": kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES}
    try:
        return module.Interpreter(model_content=flatbuffer, num_threads=threads, **plain)
    except (ValueError, RuntimeError) as error:
        raise InputError(f"LiteRT cannot open the model: {one_line(error)}.") from None


def one_line(error: object) -> str:
    """The last line of an interpreter's error, without its full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].rstrip(".")


def _find_module() -> ModuleType:
    for package in _PACKAGES:
        try:
            return importlib.import_module(f"{package}.interpreter")
        except ImportError:
            continue
    raise MissingPackageError("ai-edge-litert", "Running a LiteRT file", "lite")
