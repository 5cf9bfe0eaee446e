"""Export of a WaveNet that generates: one step with its state, or a loop of steps.

A file computes the same in each format, see `portable.wavenet`; its state goes in and comes out.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

import keras_sounddream
from keras_sounddream import checks
from keras_sounddream.backend import require_tensorflow
from keras_sounddream.errors import InputError
from keras_sounddream.export.draws import compare_draws
from keras_sounddream.export.formats import find_format, writer_of
from keras_sounddream.export.latent_tasks import is_of_latents
from keras_sounddream.export.litert import writer as litert
from keras_sounddream.export.litert.packing import pack
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.onnx import files
from keras_sounddream.export.onnx import writer as onnx
from keras_sounddream.export.portable.wavenet import make_generator, specs
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.generation.random_numbers import random_numbers
from keras_sounddream.types import PathLike

FORMATS = ("litert", "onnx", "saved_model")
_CALLS = 3  # of the first seed, each going on from the one before; the others have one
_RESERVED = ("numbers", "step", "history", "seconds", "seed", "temperature", "self")


def export_generator(
    model: keras.Model,
    path: PathLike,
    format: str | None = None,
    *,
    count: int = 4000,
    top_k: int | None = None,
    verify: bool = True,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Writes a WaveNet that generates, for another runtime, and compares its sound.

    The file's inputs and outputs are those of `portable.wavenet.specs` and `make_generator`: random
    numbers, the numbers of the labels, and the state, which the next call is given again. LiteRT's
    signature is called `generate`. All operations are built into the runtimes.

    Args:
        model: an `AudioModel` of `applications.WaveNet`, without a local condition.
        path: the file, or the folder of a SavedModel, see `saved_model.generator_writer`.
        format: one of `FORMATS`; by default that of the path's ending, else `"litert"`.
        count: samples per call; 1 is a single step, without a loop. A SavedModel takes any.
        top_k: how many of the likeliest levels to draw from; by default all.
        verify: whether to read the file back, and compare its draws with those of `generate` from
            the same random numbers, of four seeds. Each draw is the model's to rounding; where a
            number nearly ties, two runtimes part, and sound different from there on.
        overwrite: whether an existing file may be replaced.

    Returns:
        `format`, `path`, `bytes`, `version`, `count`; and if compared, the figures of
        `draws.compare_draws`.

    Raises:
        InputError: if the model is no such WaveNet, or the path cannot be written.
        ExportError: if the format cannot hold it, or its draws differ. Nothing is left behind.
    """
    require_tensorflow("Export")
    format = find_format(path, format, "litert", FORMATS)
    plan = _check(model, count)
    if format == "saved_model":  # it needs no state: a seed, a length and labels go in
        from keras_sounddream.export.saved_model.generator_writer import write_generator

        report = write_generator(model, path, top_k=top_k, verify=verify, overwrite=overwrite)
        return report | report["tasks"]["generate"]
    check_output(path, overwrite)
    writer_of(format).check_packages(verify)
    inputs = specs(plan, count)
    function = make_generator(model, count, top_k, _PUTS[format])
    traced = tf.function(function, autograph=False).get_concrete_function(**inputs)
    version = keras_sounddream.__version__
    report = {"format": format, "path": str(path), "version": version, "count": count}
    metadata = _metadata(model, plan, count, top_k)
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(written_beside(path, overwrite))
        _WRITERS[format](model, traced, metadata, temporary)
        report["bytes"] = temporary.stat().st_size
        if verify:
            sound = _caller(model, _READERS[format](temporary), inputs)
            report |= compare_draws(model, sound, top_k)
    return report


def _check(model, count):
    plan = getattr(model, "plan", None)
    if plan is None:
        hint = " Export a generator with export_model." if is_of_latents(model) else ""
        raise InputError(
            f"Expected a model of applications.WaveNet, whole. Received: {model!r}.{hint}"
        )
    checks.check("count", count, checks.integer(1))
    for name in plan.conditions:
        if name in _RESERVED or name.startswith("queue_"):
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


def _put_slice(queue, index, row):
    return ops.slice_update(queue, (index, *[0] * (len(queue.shape) - 1)), row)


def _put_scatter(queue, index, row):
    return tf.tensor_scatter_nd_update(queue, tf.reshape(index, (1, 1)), row)


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
    names = [node.name for node in session.get_outputs()]
    return lambda **inputs: dict(zip(names, session.run(None, inputs), strict=True))


_PUTS = {"litert": _put_slice, "onnx": _put_scatter}
_WRITERS = {"litert": _write_litert, "onnx": _write_onnx}
_READERS = {"litert": _read_litert, "onnx": _read_onnx}


def _caller(model, run, inputs):
    """A function from a seed to what a file makes of it in several calls, see `compare_draws`."""
    plan, count = model.plan, inputs["numbers"].shape[0]

    def sound(seed):
        state = {
            name: np.zeros(spec.shape, spec.dtype.as_numpy_dtype) for name, spec in inputs.items()
        }
        state["temperature"][:] = 1
        for name, labels in plan.conditions.items():
            state[name][:] = len(labels) - 1
        numbers, pieces, seconds = random_numbers(seed, 1), [], []
        for _ in range(max(1 if seed else _CALLS, 30 // count)):
            state["numbers"] = numbers(count)
            start = time.perf_counter()
            outputs = run(**state)
            seconds.append(time.perf_counter() - start)
            pieces.append(outputs["samples"][0])
            state |= {name[5:]: outputs[name] for name in outputs if name.startswith("next_")}
        return np.concatenate(pieces), count / statistics.median(seconds)

    return sound
