"""Export of a model: a file is written beside its path, read back, compared, and renamed."""

from __future__ import annotations

import contextlib
import json
import math
import pathlib
from collections.abc import Sequence
from typing import Any

import keras

import keras_sounddream
from keras_sounddream.backend import require_tensorflow
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError
from keras_sounddream.export.arithmetic import check_arithmetic
from keras_sounddream.export.filter_writer import export_filter, find_mask
from keras_sounddream.export.formats import check_options, find_format, writer_of
from keras_sounddream.export.latent_tasks import is_of_latents
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.precision import in_float32
from keras_sounddream.export.saved_model.generator_writer import generates, write_generator
from keras_sounddream.export.tasks import find_tasks
from keras_sounddream.export.verify import sounds_for
from keras_sounddream.export.verify import verify as verify_file
from keras_sounddream.files import check_output, folder_beside, written_beside
from keras_sounddream.filters.picture_layer import is_picture_filter
from keras_sounddream.types import Array, PathLike

_MADE = ("generate",)  # task of a WaveNet's SavedModel
_OF_MADE = ("serving_name", "max_seconds")  # what that takes
REPORT = "verification.json"  # in a folder's assets.extra; beside a file, its name and `.json`


def export_model(
    model: keras.Model | DeepDream,
    path: PathLike,
    format: str | None = None,
    tasks: Sequence[str] | None = None,
    *,
    layer: str | None = None,
    seconds: float | Sequence[float] | None = None,
    min_seconds: float | None = None,
    size: tuple[int, int] | None = None,
    preprocessing: str | None = None,
    quantization: str | None = None,
    representative: Sequence[PathLike | Array] | None = None,
    serving_name: str | None = None,
    max_seconds: float | None = None,
    sounds: Sequence[PathLike | Array] | None = None,
    verify: bool = True,
    overwrite: bool = False,
) -> dict[str, Any] | list[dict[str, Any]]:
    """Writes a model for another runtime, and compares the outputs of the two.

    Args:
        model: functional Keras model that takes waveforms or images, from the zoo or not; or a
            `DeepDream`.
        path: the file, or the folder of a SavedModel.
        format: `"litert"`, `"onnx"` or `"saved_model"`; by default that of the path's ending,
            `.tflite` or `.onnx`, else the last. A dream filter is written as a stream, see
            `export_filter`, whose `seconds` are those of a call.
        tasks: what the file is to do, keys of `TASKS`; by default all that the model has and the
            format can hold in one file. A WaveNet's SavedModel generates, unless tasks are named.
        layer: name of the layer that the task `embed` outputs; by default the one before the top.
        seconds: LiteRT and ONNX: the one length of sound, s, that the file takes. LiteRT requires
            it. A sequence writes a file for each: with (2, 5), `path` `a.tflite` becomes
            `a_2s.tflite` and `a_5s.tflite`.
        min_seconds: length, s, to which shorter sounds are repeated before they are scored, such
            as a family's `MIN_SECONDS`; by default the least that the model takes.
        size: LiteRT and ONNX, image models: rows and columns of the images that the file takes.
            LiteRT requires it.
        preprocessing: image models: key of `deepdream.params.pixels.MODES`, applied in the file
            to pixels in [0, 255]; a `DeepDream` has its own. By default none.
        quantization: LiteRT: `"float16"`, `"dynamic_range"` or `"int8"`, how the weights are
            rounded; by default they stay float32.
        representative: LiteRT with `"int8"`: paths of sound files, or float32 `(1, samples)`
            arrays at the model's rate, like those that the file will be used on: the ranges of the
            activations are measured on them. For an image model, image files, or float32
            `(1, height, width, 3)` arrays.
        serving_name: SavedModel: name of the model in TensorFlow Serving, for which requests to
            warm up with are written; by default none are.
        max_seconds: SavedModel: longest sound, s, that its signatures answer; by default 600. A
            longer one is answered with an error, the others with it as ever.
        sounds: paths of sound files, or float32 `(1, samples)` arrays at the model's rate, to
            compare on; by default a synthetic voice. For an image model, image files, or float32
            `(1, height, width, 3)` arrays.
        verify: whether to read the file back and compare.
        overwrite: whether an existing file may be replaced.

    Returns:
        Report, also written as JSON beside the file, or in a folder's `assets.extra`: `format`,
        `path`, `model`, `bytes`, `version`, and for each task of `tasks` what `verify.compare`
        measured. For a sequence of `seconds`, a list of reports. Of a dream filter it is that of
        `export_filter`, and only returned.

    A network of 16-bit arithmetic is written to LiteRT and ONNX as a copy in float32.

    Raises:
        InputError: if the model has no such task, the format does not take an argument, or the
            path cannot be written.
        ExportError: if the format cannot hold the model, or the file's outputs differ. Nothing is
            left behind.

    Example:
        export_model(applications.LogMelCNN(), "rooster_detector")
    """
    _check_kinds(model, tasks)
    format = find_format(path, format, "saved_model")
    how: dict[str, Any] = {"verify": verify, "overwrite": overwrite}
    scored = {"layer": layer, "min_seconds": min_seconds, "preprocessing": preprocessing}
    options: dict[str, Any] = {
        "seconds": seconds,
        "size": size,
        "quantization": quantization,
        "representative": representative,
        "serving_name": serving_name,
        "max_seconds": max_seconds,
    }
    options = {name: value for name, value in options.items() if value is not None}
    report = _written_otherwise(
        model, path, format, tasks, {**scored, "sounds": sounds}, options, how
    )
    if report is not None:
        return report
    _check_scored(model, scored, sounds)
    writer = writer_of(format)
    _check_options(format, writer, options, tasks)
    writer.check_packages(verify)
    model = in_float32(model) if writer.is_portable else model
    chosen = find_tasks(model, tasks, layer, min_seconds, preprocessing)
    if tasks is None:
        chosen = writer.default_tasks(chosen)
    metadata = _metadata(model, chosen, preprocessing)
    with contextlib.ExitStack() as stack:  # where it is left, all files are renamed, or none
        reports = []
        for file, file_options in _files(path, options):
            temporary, report_path = _open_output(stack, writer, file, overwrite)
            arithmetic = _arithmetic(chosen, writer, metadata, file_options, sounds, verify)
            written = writer.write(chosen, metadata, temporary, **file_options)
            report = _report(format, file, metadata, temporary, written)
            if verify:
                runner = writer.read(temporary, written)
                report["tasks"] = verify_file(written, runner, sounds)
                report |= arithmetic
            _write_json(report_path, report)
            reports.append(report)
    return reports if _is_several(seconds) else reports[0]


def _written_otherwise(model, path, format, tasks, scored, options, how):
    """Report of what has an export of its own, a WaveNet that generates or a dream filter."""
    if format == "saved_model" and generates(model) and tuple(tasks or _MADE) == _MADE:
        others = {name: value for name, value in options.items() if name not in _OF_MADE}
        _check_none(model, **{**scored, "min_seconds": None}, **others)  # that is its family's
        return write_generator(model, path, **how, **options)
    _check_does_not_generate(model, tasks)
    if find_mask(model) is None:
        return None
    _check_none(model, **scored)
    return export_filter(model, path, format, tasks, **how, **options)


def _check_kinds(model, tasks):
    """Checks the backend, and that there is a model and a list of tasks or none."""
    require_tensorflow("Export")
    if not isinstance(model, keras.Model | DeepDream):
        raise InputError(f"`model` must be a Keras model, or a DeepDream. Received: {model!r}")
    is_list = isinstance(tasks, list | tuple) and all(isinstance(name, str) for name in tasks)
    if tasks is not None and not is_list:
        raise InputError(f"`tasks` must be a list of names, such as ['embed']. Received: {tasks!r}")


def _check_scored(model, scored, sounds):
    """Checks that what gives no scores, a generator or a picture filter, gets nothing for them."""
    if is_of_latents(model):
        _check_none(model, **scored, sounds=sounds)
    elif is_picture_filter(model):
        _check_none(model, **scored)


def _check_none(model, **given):
    """Checks that no arguments are given that this file would not depend on."""
    for name, value in given.items():
        if value is not None:
            what = getattr(model, "name", "a dream")
            raise InputError(f"{what} is exported without `{name}`: leave it out.")


def _check_does_not_generate(model, tasks):
    """Checks that no WaveNet is to generate in a file that is written here."""
    if generates(model) and set(_MADE) & set(tasks or ()):
        raise InputError(
            "A WaveNet that generates is written for LiteRT and ONNX by export_generator, and to a "
            "SavedModel with no other task."
        )


def _arithmetic(tasks, writer, metadata, options, sounds, verify):
    """Part of a report: the errors of a dream's gradient, found before the file is written."""
    dreams = [task for task in tasks if task.read is not None]
    if not (verify and dreams and writer.is_portable):
        return {}
    task = writer.at_length(dreams[0], **options)
    errors = check_arithmetic([task], writer, metadata, options, sounds_for(task, sounds))
    return {"gradient": errors}


def _open_output(stack, writer, path, overwrite):
    """Temporary path of a file or folder, renamed when `stack` is left, and that of its report."""
    if writer.folder_marker is None:
        check_output(path, overwrite)
        report_path = stack.enter_context(written_beside(f"{path}.json", overwrite))
        return stack.enter_context(written_beside(path, overwrite)), report_path
    temporary = stack.enter_context(folder_beside(path, overwrite, writer.folder_marker))
    return temporary, temporary / "assets.extra" / REPORT


def _report(format, path, metadata, temporary, written):
    return {
        "format": format,
        "path": str(path),
        "model": metadata.model,
        "bytes": _size(temporary),
        "version": metadata.version,
        "tasks": {task.name: {} for task in written},
    }


def _check_options(format, writer, options, tasks):
    check_options(format, writer.options(), options)
    lengths = options.get("seconds", ())
    lengths = lengths if _is_several(lengths) else [lengths]
    if not all(math.isfinite(length) for length in lengths):
        raise InputError(
            f"Expected finite lengths, such as 5. Received `seconds`: {options['seconds']}."
        )
    most = writer.tasks_per_file
    if most is not None and tasks is not None and len(tasks) > most:
        raise InputError(
            f"A file of format {format!r} holds {most} task: export each to a file of its own. "
            f"Received: {', '.join(tasks)}."
        )


def _is_several(seconds):
    return isinstance(seconds, list | tuple)


def _files(path, options):
    """Pairs of path and options, one for each length of `seconds`."""
    lengths = options.get("seconds")
    if not _is_several(lengths):
        return [(path, options)]
    if not lengths or len(set(lengths)) < len(lengths):
        raise InputError(f"Expected different lengths. Received `seconds`: {lengths}.")
    path = pathlib.Path(path)
    return [
        (path.with_name(f"{path.stem}_{length:g}s{path.suffix}"), {**options, "seconds": length})
        for length in lengths
    ]


def _metadata(model, tasks, preprocessing):
    settings = {} if preprocessing is None else {"preprocessing": preprocessing}
    if isinstance(model, DeepDream):
        config = model.get_config()
        for name in ("model", "objective", "dtype", "trainable"):
            del config[name]
        objective = model.objective
        settings = {**config, "objective": repr(objective), "has_places": objective.has_places}
    return Metadata(
        model=(model.model if isinstance(model, DeepDream) else model).name,
        tasks=tuple(task.name for task in tasks),
        sample_rate=tasks[0].sample_rate,
        min_samples=tasks[0].min_samples,
        samples=tasks[0].samples,
        labels=next((task.labels for task in tasks if task.labels), None),
        version=keras_sounddream.__version__,
        settings=settings,
        input=tasks[0].input,
        size=tasks[0].size,
    )


def _size(path):
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def _write_json(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")
