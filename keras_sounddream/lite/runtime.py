"""The LiteRT interpreter, from `ai_edge_litert` or the older `tflite_runtime`, for any threads."""

import importlib
import platform
import threading
import time
from types import ModuleType
from typing import Any

import numpy as np

from keras_sounddream.errors import InputError, MissingPackageError
from keras_sounddream.types import Array

_PACKAGES = ("ai_edge_litert", "tflite_runtime")  # the newer first
_ARM = ("aarch64", "arm64")
_ONLY = ""  # name of what a file without signatures does


class SharedInterpreter:
    """An interpreter that threads may share: it answers one call at a time.

    LiteRT's own interpreter keeps the inputs and outputs of a call in itself, so that threads would
    get each other's answers.

    Args:
        flatbuffer: a checked model.
        threads: how many a call may use.
        integers: whether it computes in 8-bit integers.

    Attributes:
        names: list of str, the signatures; `[""]` for a file without any.

    Raises:
        InputError: if LiteRT cannot open it.
    """

    def __init__(self, flatbuffer: bytes, threads: int = 1, integers: bool = False):
        self._interpreter = open_interpreter(flatbuffer, threads, integers)
        self._lock = threading.Lock()
        self.names = list(self._interpreter.get_signature_list()) or [_ONLY]

    def task(self, name: str) -> "Task":
        """The `Task` of a signature; LiteRT's ValueError or RuntimeError if it cannot be had."""
        if name != _ONLY:
            return Task(self._interpreter.get_signature_runner(name), self._lock)
        self._interpreter.allocate_tensors()
        return Task(_WholeModel(self._interpreter), self._lock)


class Task:
    """A signature of a `SharedInterpreter`.

    Attributes:
        inputs: dict of input name to LiteRT's details.
        outputs: dict of output name to its shape, tuple of int.
    """

    def __init__(self, runner: Any, lock: threading.Lock):
        self._runner, self._lock = runner, lock
        self.inputs = dict(runner.get_input_details())
        details = runner.get_output_details()
        self.outputs = {name: tuple(map(int, one["shape"])) for name, one in details.items()}

    def __call__(self, **inputs: Array) -> tuple[dict[str, Array], float]:
        """Calls it: copies of its outputs by name, and the seconds that it took."""
        with self._lock:
            start = time.perf_counter()
            outputs = self._runner(**inputs)
            outputs = {name: np.array(value) for name, value in outputs.items()}
            return outputs, time.perf_counter() - start


class _WholeModel:
    """A model without signatures, with the methods of LiteRT's `SignatureRunner`."""

    def __init__(self, interpreter: Any):
        self._interpreter = interpreter

    def get_input_details(self) -> dict[str, Any]:
        return {one["name"]: one for one in self._interpreter.get_input_details()}

    def get_output_details(self) -> dict[str, Any]:
        return {one["name"]: one for one in self._interpreter.get_output_details()}

    def __call__(self, **inputs: Array) -> dict[str, Array]:
        for name, details in self.get_input_details().items():
            self._interpreter.set_tensor(details["index"], inputs[name])
        self._interpreter.invoke()
        outputs = self.get_output_details().items()
        return {name: self._interpreter.get_tensor(one["index"]) for name, one in outputs}


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
