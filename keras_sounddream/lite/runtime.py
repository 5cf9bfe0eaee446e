"""The interpreter, from whichever package has it."""

import importlib
import platform

from keras_sounddream.errors import InputError

_PACKAGES = ("ai_edge_litert", "tflite_runtime")  # the newer first
_ARM = ("aarch64", "arm64")


def open_interpreter(flatbuffer, threads=1, integers=False):
    """Opens a LiteRT model that was checked before.

    Args:
        flatbuffer: bytes of the model.
        threads: int, that a call may use.
        integers: bool, whether the model computes in 8-bit integers: on Arm XNNPACK, which
            interpreters use by default, was seen to answer wrongly then (LiteRT 2.1.6, emulated),
            and the plain kernels rightly.

    Returns:
        `Interpreter` of `ai_edge_litert`, or of `tflite_runtime` where that is missing.

    Raises:
        InputError: if neither package is there, or the interpreter refuses the model.
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


def one_line(error):
    """The last line of what an interpreter says, without its full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].rstrip(".")


def _find_module():
    for package in _PACKAGES:
        try:
            return importlib.import_module(f"{package}.interpreter")
        except ImportError:
            continue
    raise InputError("LiteRT files need a runtime: pip install ai-edge-litert.")
