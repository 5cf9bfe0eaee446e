"""Exported files, opened in their runtimes and called."""

import statistics
import time

import tensorflow as tf

from keras_sounddream import export_model
from keras_sounddream.export.formats import writer_of

RUNTIMES = {  # column: format, options of its `read`
    "SavedModel": ("saved_model", {}),
    "ONNX Runtime": ("onnx", {}),
    "LiteRT, 1 thread": ("litert", {"threads": 1}),
    "LiteRT, 2 threads": ("litert", {"threads": 2}),
}
_LEAST, _MOST = 5, 25  # rounds of calls
_SECONDS = 4.0  # after which there are no more than the least
_PAUSE = 0.02  # s, between calls: a runtime's threads may still spin behind its call


def export(model, task, format, folder, seconds):
    """Writes a task to a file of its own, unverified.

    Args:
        model: `keras.Model` or `DeepDream`.
        task: `Task`.
        format: str, key of `FORMATS`.
        folder: `pathlib.Path`.
        seconds: float, s, the length of sound where the format fixes one.

    Returns:
        `(path, bytes)`.
    """
    path = folder / f"file.{format}"
    fixed = {} if format == "saved_model" else {"seconds": seconds}
    report = export_model(
        model, path, format, [task.name], verify=False, overwrite=True, **fixed
    )  # fmt: skip
    return path, report["bytes"]


def open_file(path, task, format, **options):
    """Opens a file in its runtime: a `verify.Runner`."""
    return writer_of(format).read(path, [task], **options)


def outside(format, kinds):
    """Operations that are not built into a format's runtime.

    Args:
        format: str, key of `FORMATS`.
        kinds: list of str, a `Runner`'s operations.

    Returns:
        list of str.
    """
    if format == "litert":
        return [kind for kind in kinds if kind.startswith(("CUSTOM", "Flex"))]
    if format == "onnx":
        import onnx

        return [kind for kind in kinds if not onnx.defs.has(kind)]
    return [kind for kind in kinds if not hasattr(tf.raw_ops, kind)]


def median_seconds(calls):
    """Calls functions in turn, round after round.

    Args:
        calls: dict of functions without arguments.

    Returns:
        `(seconds, ratios)`: dicts of the median of each one's times, and of the first one's time
        over its own in the same round.
    """
    for call in calls.values():
        call()
    began, rounds = time.perf_counter(), []
    while len(rounds) < _LEAST or (len(rounds) < _MOST and time.perf_counter() - began < _SECONDS):
        rounds.append([_time(call) for call in calls.values()])
    columns = list(zip(*rounds, strict=True))
    ratios = [[a / b for a, b in zip(columns[0], c, strict=True)] for c in columns]
    names = list(calls)
    return (
        dict(zip(names, map(statistics.median, columns), strict=True)),
        dict(zip(names, map(statistics.median, ratios), strict=True)),
    )


def _time(call):
    time.sleep(_PAUSE)
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
