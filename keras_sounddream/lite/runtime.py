"""The interpreter, from whichever package has it."""

import importlib

from keras_sounddream.errors import InputError

_PACKAGES = ("ai_edge_litert", "tflite_runtime")  # the newer first


def open_interpreter(flatbuffer, threads=1):
    """Opens a LiteRT model that was checked before.

    Args:
        flatbuffer: bytes of the model.
        threads: int, that a call may use.

    Returns:
        `Interpreter` of `ai_edge_litert`, or of `tflite_runtime` where that is missing.

    Raises:
        InputError: if neither package is there, or the interpreter refuses the model.
    """
    interpreter = _find_interpreter()
    try:
        return interpreter(model_content=flatbuffer, num_threads=threads)
    except (ValueError, RuntimeError) as error:
        raise InputError(f"LiteRT cannot open the model: {one_line(error)}.") from None


def one_line(error):
    """The last line of what an interpreter says, without its full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].rstrip(".")


def _find_interpreter():
    for package in _PACKAGES:
        try:
            return importlib.import_module(f"{package}.interpreter").Interpreter
        except ImportError:
            continue
    raise InputError("LiteRT files need a runtime: pip install ai-edge-litert.")
