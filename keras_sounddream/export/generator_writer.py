"""Files that generate sound: the step with all that it keeps, and the whole loop.

What a file does is the same in each format, see `generation.portable`: no state is hidden in it.
"""

import contextlib
import statistics
import time

import numpy as np
import tensorflow as tf
from keras import ops

import keras_sounddream
from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.formats import find_format
from keras_sounddream.export.litert import writer as litert
from keras_sounddream.export.litert.packing import pack
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.onnx import files
from keras_sounddream.export.onnx import writer as onnx
from keras_sounddream.export.portable.wavenet import make_generator, specs
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.generation import generate
from keras_sounddream.generation.random_numbers import random_numbers

FORMATS = ("litert", "onnx")
_CALLS = 3  # that are compared, each going on from the one before
_OWN = ("numbers", "step", "history", "seconds", "seed", "temperature", "self")  # no conditions
_FEWEST_EQUAL = 0.999  # share of draws: where a sum of chances is nearly the number, rounding tells


def export_generator(
    model, path, format=None, *, count=4000, top_k=None, verify=True, overwrite=False
):
    """Writes a WaveNet that generates, for another runtime, and compares its sound.

    The file takes and gives what `generation.portable.specs` and `make_generator` say: random
    numbers, the numbers of the labels, and the state, which the next call is given again. LiteRT's
    signature is called `generate`. Operations are built in ones alone.

    Args:
        model: `AudioModel`, of `applications.WaveNet`, without a local condition.
        path: str or path of the file.
        format: str, of `FORMATS`; by default what the path's ending says, else `litert`.
        count: int, samples a call; 1 is the step alone, without a loop.
        top_k: int, how many of the likeliest levels to draw from; by default all.
        verify: bool, whether to read the file back, and compare its draws with those of `generate`
            from the same random numbers.
        overwrite: bool, whether a file that exists may be replaced.

    Returns:
        dict: `format`, `path`, `bytes`, `version`, `count`; and if compared `equal`, the share of
        draws that are `generate`'s, `samples`, how many were compared, and `samples_per_second`.

    Raises:
        InputError: if the model is no such WaveNet, or the path cannot be written.
        ExportError: if the format cannot hold it, or its draws differ. Nothing is left behind.
    """
    format = find_format(path, format, "litert", FORMATS)
    plan = _check(model, count)
    check_output(path, overwrite)
    takes = specs(plan, count)
    function = make_generator(model, count, top_k, _PUTS[format])
    traced = tf.function(function, autograph=False).get_concrete_function(**takes)
    version = keras_sounddream.__version__
    report = {"format": format, "path": str(path), "version": version, "count": count}
    metadata = _metadata(model, plan, count, top_k)
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(written_beside(path, overwrite))
        _WRITERS[format](model, traced, metadata, temporary)
        report["bytes"] = temporary.stat().st_size
        if verify:
            report |= _compare(model, _READERS[format](temporary), takes, top_k)
    return report


def _check(model, count):
    plan = getattr(model, "plan", None)
    if plan is None:
        raise InputError(f"Expected a model of applications.WaveNet, whole. Received: {model!r}")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise InputError(f"Expected a `count` of samples a call, 1 or more. Received: {count!r}")
    for name in plan.conditions:
        if name in _OWN or name.startswith("queue_"):
            raise InputError(f"Rename the condition {name!r}: a file has a `{name}` of its own.")
    return plan


def _metadata(model, plan, count, top_k):
    return Metadata(
        model=model.name,
        tasks=("generate",),
        sample_rate=plan.sample_rate,
        min_samples=count,
        samples=count,
        labels=plan.conditions or None,
        version=keras_sounddream.__version__,
        settings={"top_k": top_k},
        input="state",
    )


def _put_slice(queue, place, row):
    return ops.slice_update(queue, (place, *[0] * (len(queue.shape) - 1)), row)


def _put_scatter(queue, place, row):
    return tf.tensor_scatter_nd_update(queue, tf.reshape(place, (1, 1)), row)


def _write_litert(model, traced, metadata, path):
    flatbuffer = litert.convert_functions({"generate": traced}, model)
    path.write_bytes(pack(flatbuffer, metadata))


def _read_litert(path):
    interpreter, _ = litert.open_file(path)
    return interpreter.get_signature_runner("generate")


def _write_onnx(model, traced, metadata, path):
    onnx.write_function(traced, metadata, path)


def _read_onnx(path):
    session = files.open_file(path, "generate")
    names = [given.name for given in session.get_outputs()]
    return lambda **given: dict(zip(names, session.run(None, given), strict=True))


_PUTS = {"litert": _put_slice, "onnx": _put_scatter}
_WRITERS = {"litert": _write_litert, "onnx": _write_onnx}
_READERS = {"litert": _read_litert, "onnx": _read_onnx}


def _compare(model, run, takes, top_k):
    """Draws of a file beside those of `generate`, call after call."""
    count, plan = takes["numbers"].shape[0], model.plan
    given = {name: np.zeros(spec.shape, spec.dtype.as_numpy_dtype) for name, spec in takes.items()}
    given["temperature"][:] = 1
    for name, labels in plan.conditions.items():
        given[name][:] = len(labels) - 1
    numbers, pieces, seconds = random_numbers(0, 1), [], []
    calls = max(_CALLS, 30 // count)
    for _ in range(calls):
        given["numbers"] = numbers(count)
        start = time.perf_counter()
        found = run(**given)
        seconds.append(time.perf_counter() - start)
        pieces.append(found["samples"])
        given |= {name[5:]: found[name] for name in found if name.startswith("next_")}
    made = np.concatenate(pieces, axis=1)
    last = {name: [labels[-1]] for name, labels in plan.conditions.items()}
    length = made.shape[1] / plan.sample_rate
    wanted = generate(model, length, conditions=last, seed=0, top_k=top_k)
    same = _first_difference(made[0], wanted[0], exact=plan.output == "softmax")
    rate = count / statistics.median(seconds)
    if same < _FEWEST_EQUAL * wanted.shape[1]:
        raise ExportError(
            f"The sound of {model.name} differs once exported, from sample {same} of "
            f"{wanted.shape[1]} on. Nothing was written."
        )
    return {"equal": same / wanted.shape[1], "samples": made.shape[1], "samples_per_second": rate}


def _first_difference(found, wanted, exact):
    differs = np.abs(found - wanted) > (0 if exact else 1e-3)
    return int(np.argmax(differs)) if differs.any() else len(wanted)
