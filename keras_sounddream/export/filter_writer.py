"""Export of a dream filter: a call of its stream, with the state in and out, in every format."""

from __future__ import annotations

import contextlib
import functools
import statistics
import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import keras_sounddream
from keras_sounddream import checks
from keras_sounddream.errors import ExportError, InputError
from keras_sounddream.export.formats import check_options, package
from keras_sounddream.export.litert import writer as litert
from keras_sounddream.export.litert.flatbuffer import operations
from keras_sounddream.export.litert.packing import pack
from keras_sounddream.export.metadata import NEXT, Metadata
from keras_sounddream.export.onnx import files
from keras_sounddream.export.onnx import writer as onnx
from keras_sounddream.export.onnx.graph import nodes
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.export.saved_model.writer import save_with_metadata
from keras_sounddream.files import check_output, folder_beside, written_beside
from keras_sounddream.filters.layer import DreamMask
from keras_sounddream.types import PathLike

STEP, WHOLE = "filter", "filter_whole"  # signatures; the second is of a SavedModel alone
_OPTIONS = {"litert": ("seconds", "quantization"), "onnx": ("seconds",), "saved_model": ()}
# Quantization: largest difference allowed, as a share of the output's peak.
_LIMITS = {None: 1e-4, "float16": 0.02, "dynamic_range": 0.2}
_SECONDS = 2.0  # of the sound that is compared
_MOST_SECONDS = 60.0  # of a call


def find_mask(model: Any) -> DreamMask | None:
    """The layer of a model that is a dream filter; `None` of another."""
    layers = getattr(model, "layers", ())
    return next((layer for layer in layers if isinstance(layer, DreamMask)), None)


def export_filter(
    model: keras.Model,
    path: PathLike,
    format: str,
    tasks: Sequence[str] | None = None,
    *,
    verify: bool = True,
    overwrite: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Writes a dream filter for another runtime, and compares a stream through it with the model.

    The signature `filter` takes `waveform`, float32 `(1, samples)`, the next of the stream, and the
    state, an array for each name of `DreamMask.contexts`, at first zeros; it returns `filtered`,
    `DreamMask.delay` samples later, and each array of the state as `next_NAME`. A SavedModel takes
    any multiple of the analysis's step, and has another signature, `filter_whole`, from whole
    sounds `waveform`, float32 `(batch, samples)`, to `filtered`.

    Args:
        model: of `filters.DreamFilter`.
        path: the file or folder.
        format: key of `formats.FORMATS`.
        tasks: `["filter"]`, or `None`.
        verify: whether to read the file back, and compare.
        overwrite: whether an existing file may be replaced.
        **options: LiteRT and ONNX: `seconds` of sound per call, rounded to whole steps; by default
            one step. LiteRT: `quantization`, `"float16"` or `"dynamic_range"`.

    Returns:
        `format`, `path`, `model`, `bytes`, `version`, `samples` per call and `delay` in samples;
        and in `tasks`, under `filter`, if compared: `largest_relative` difference as a share of the
        peak, its `limit`, `operations`, and the median of `seconds_per_call` of `sound_seconds`.

    Raises:
        InputError: if the path cannot be written, or an option does not fit.
        ExportError: if the format cannot hold it, or its sound differs. Nothing is left behind.
    """
    mask = find_mask(model)
    if mask is None:
        raise InputError(f"Expected a model of filters.DreamFilter. Received: {model!r}")
    if tuple(tasks or (STEP,)) != (STEP,):
        raise InputError(f"A filter's file has one task, {STEP}. Received: {', '.join(tasks)}")
    check_options(format, _OPTIONS[format], options)
    quantization = options.get("quantization")
    if quantization not in _LIMITS:
        kinds = ", ".join(filter(None, _LIMITS))
        raise InputError(f"`quantization` of a filter is one of {kinds}. Received: {quantization}")
    samples = _samples(mask, options.get("seconds"))
    writer = _WRITERS[format]()
    writer.check_packages(verify)
    metadata = _metadata(model, mask, samples, quantization)
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(writer.open(path, overwrite))
        writer.write(_portable(mask, writer.transform), samples, metadata, temporary, quantization)
        figures = {}
        if verify:
            figures = _compare(model, mask, writer.read(temporary), samples)
            _judge(model, figures, _LIMITS[quantization])
            figures["operations"] = writer.operations(temporary)
        report = {"format": format, "path": str(path), "model": model.name}
        report |= {"bytes": _size(temporary), "version": metadata.version}
    return {**report, "samples": samples, "delay": mask.delay, "tasks": {STEP: figures}}


def _samples(mask, seconds):
    """Samples per call: whole steps of the analysis."""
    step, rate = mask.analysis.frame_step, mask.analysis.sample_rate
    if seconds is None:
        return step
    checks.check("seconds", seconds, checks.number(step / rate, _MOST_SECONDS))
    return round(seconds * rate / step) * step


def _metadata(model, mask, samples, quantization):
    settings = {"delay": mask.delay, "step": mask.analysis.frame_step}
    settings |= {name: getattr(mask, name) for name in ("mask_db", "fall_db", "ceiling_db")}
    if quantization is not None:
        settings["quantization"] = quantization
    return Metadata(
        model=model.name,
        tasks=(STEP,),
        sample_rate=mask.analysis.sample_rate,
        min_samples=samples,
        samples=samples,
        version=keras_sounddream.__version__,
        settings=settings,
        input="stream",
    )


def _portable(mask, transform):
    """The layer with another Fourier transform, and the same weights."""
    copy = DreamMask.from_config({**mask.get_config(), "transform": transform})
    copy.build((None, None))
    copy.set_weights(mask.get_weights())
    return copy


def _step(mask, waveform, **state):
    filtered, after = mask.step(waveform, state)
    return {"filtered": filtered, **{NEXT + name: value for name, value in after.items()}}


def _frozen_step(mask, values, **inputs):
    """`_step` with constants in place of the layer's variables."""
    pairs = [(variable, tf.constant(value)) for variable, value in values]
    with keras.StatelessScope(pairs, initialize_variables=False):
        return _step(mask, **inputs)


def _traced(mask, step, samples, batch=1):
    """Concrete function of a call; of any number of samples, or rows, if they are `None`."""
    shapes = {"waveform": (batch, samples)}
    shapes |= {name: (batch, *shape) for name, shape in mask.contexts.items()}
    specs = {name: tf.TensorSpec(shape, tf.float32, name) for name, shape in shapes.items()}
    return tf.function(step, autograph=False).get_concrete_function(**specs)


def _frozen(mask, samples):
    """Concrete function of a call, without variables."""
    values = [(variable, variable.numpy()) for variable in mask.variables]
    return _traced(mask, functools.partial(_frozen_step, mask, values), samples)


class _LiteRT:
    """Writes and opens a `.tflite` file."""

    transform = "dft"

    def check_packages(self, verify):
        if verify:
            package("ai-edge-litert", "Comparing a LiteRT file (else: verify=False, --no-verify)")

    def open(self, path, overwrite):
        check_output(path, overwrite)
        return written_beside(path, overwrite)

    def write(self, mask, samples, metadata, path, quantization):
        flatbuffer = litert.convert_functions({STEP: _frozen(mask, samples)}, mask)
        if quantization is not None:
            from keras_sounddream.export.litert.quantization import round_convolutions

            flatbuffer = round_convolutions(flatbuffer, quantization)
        path.write_bytes(pack(flatbuffer, metadata))

    def read(self, path):
        interpreter, _ = litert.open_file(path)
        return interpreter.get_signature_runner(STEP)

    def operations(self, path):
        return operations(litert.open_file(path)[1])[STEP]


class _Onnx(_LiteRT):
    """Writes and opens a `.onnx` file."""

    def check_packages(self, verify):
        files.check_packages(verify)

    def write(self, mask, samples, metadata, path, quantization):
        onnx.write_function(_frozen(mask, samples), metadata, path)

    def read(self, path):
        session = files.open_file(path, STEP)
        names = [node.name for node in session.get_outputs()]
        return lambda **inputs: dict(zip(names, session.run(None, inputs), strict=True))

    def operations(self, path):
        graph = package("onnx", "Comparing").load(path).graph
        return sorted({node.op_type for node in nodes(graph)})


class _SavedModel(_LiteRT):
    """Writes and opens a SavedModel."""

    transform = "fft"

    def check_packages(self, verify):
        """Needs nothing but TensorFlow."""

    def open(self, path, overwrite):
        return folder_beside(path, overwrite, "saved_model.pb")

    def write(self, mask, samples, metadata, path, quantization):
        module = tf.Module()
        module.kept = [variable.value for variable in mask.variables]
        whole = tf.function(lambda waveform: {"filtered": mask(waveform)}, autograph=False)
        spec = tf.TensorSpec((None, None), tf.float32, "waveform")
        functions = {
            STEP: _traced(mask, functools.partial(_step, mask), None, None),
            WHOLE: whole.get_concrete_function(waveform=spec),
        }
        save_with_metadata(module, path, functions, metadata)

    def read(self, path):
        loaded = tf.saved_model.load(str(path))
        signature = loaded.signatures[STEP]

        def run(**inputs):
            outputs = signature(**{name: tf.constant(value) for name, value in inputs.items()})
            return {name: value.numpy() for name, value in outputs.items()}

        run.kept = loaded
        return run

    def operations(self, path):
        graph = tf.saved_model.load(str(path)).signatures[STEP].graph.as_graph_def()
        inner = (node for function in graph.library.function for node in function.node_def)
        return sorted({node.op for node in (*graph.node, *inner)})


_WRITERS = {"litert": _LiteRT, "onnx": _Onnx, "saved_model": _SavedModel}


def _compare(model, mask, run, samples):
    """Figures of a stream through a file beside the model's output for the whole sound."""
    rate = mask.analysis.sample_rate
    sound = speech_like(round(_SECONDS * rate), rate, 0)
    expected = np.asarray(model(sound))
    found, seconds = _stream(run, mask, sound, samples)
    if found.shape != expected.shape or not np.isfinite(found).all():
        raise ExportError(f"The file of {model.name} outputs no such sound. Nothing was written.")
    relative = float(np.abs(found - expected).max() / np.abs(expected).max())
    times = {"seconds_per_call": statistics.median(seconds), "sound_seconds": samples / rate}
    return {"largest_relative": relative, **times}


def _stream(run, mask, sound, samples):
    """A sound `(1, samples)` sent through a file, without the delay, and the seconds per call."""
    state = {name: np.zeros((1, *shape), "float32") for name, shape in mask.contexts.items()}
    behind = mask.delay + (-sound.shape[1] - mask.delay) % samples
    pieces, seconds, padded = [], [], np.pad(sound, ((0, 0), (0, behind)))
    for first in range(0, padded.shape[1], samples):
        start = time.perf_counter()
        outputs = run(waveform=padded[:, first : first + samples], **state)
        seconds.append(time.perf_counter() - start)
        pieces.append(outputs["filtered"])
        state = {name: outputs[NEXT + name] for name in state}
    return np.concatenate(pieces, axis=1)[:, mask.delay :][:, : sound.shape[1]], seconds


def _judge(model, figures, limit):
    figures["limit"] = limit
    if not figures["largest_relative"] <= limit:
        raise ExportError(
            f"The sound of {model.name} differs once exported: by "
            f"{figures['largest_relative']:.2g} of its peak, where {limit:.0e} is allowed. "
            "Nothing was written."
        )


def _size(path) -> int:
    each = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in each if file.is_file())
