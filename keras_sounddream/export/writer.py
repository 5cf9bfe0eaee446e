"""Exports a model: writes it beside its place, reads it back, compares, and only then renames."""

import contextlib
import inspect
import json
import math
import pathlib

import keras_sounddream
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError
from keras_sounddream.export.formats import find_format, writer_of
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.tasks import find_tasks
from keras_sounddream.export.verify import verify as verify_file
from keras_sounddream.files import check_output, folder_beside, written_beside

REPORT = "verification.json"  # in a folder's assets.extra; of a file, its name and `.json`


def export_model(
    model,
    path,
    format=None,
    tasks=None,
    layer=None,
    seconds=None,
    min_seconds=None,
    sounds=None,
    verify=True,
    overwrite=False,
    size=None,
    preprocessing=None,
    **options,
):
    """Writes a model for another runtime, and compares what that runtime answers.

    Args:
        model: `keras.Model`, functional, from waveforms or pictures, of the zoo or not; or a
            `DeepDream`.
        path: str or path of the file, or of the folder of a SavedModel.
        format: str, `litert`, `onnx` or `saved_model`; by default what the path's ending says,
            `.tflite` or `.onnx`, else the last.
        tasks: sequence of str, what the file is to do: keys of `TASKS`; by default all that the
            model has and the format can hold in one file.
        layer: str, the layer that the task `embed` reads; by default the one before the top.
        seconds: float, s, the one length of sound that the file takes, in formats that need one;
            or a sequence of them for a file each: of (2, 5) `path` `a.tflite` becomes
            `a_2s.tflite` and `a_5s.tflite`.
        min_seconds: float, s, to which shorter sounds are repeated before they are scored, such
            as a family's `MIN_SECONDS`; by default the least that the model takes.
        sounds: sequence of paths of sound files, or of float32 `(1, samples)` arrays at the
            model's rate, to compare on; by default a made voice. Of a model of pictures, likewise
            picture files, or float32 `(1, height, width, 3)` arrays.
        verify: bool, whether to read the file back and compare.
        overwrite: bool, whether what exists may be replaced.
        size: pair of int, the rows and columns of the pictures that the file takes: `litert` needs
            it, `onnx` can do without.
        preprocessing: str, key of `deepdream.picture.MODES`, what the file makes of pixels in
            [0, 255] for a model of pictures; a `DeepDream` has its own. By default nothing.
        **options: of the format's `write`.

    Returns:
        dict, also written as JSON beside the file, or in a folder's `assets.extra`: `format`,
        `path`, `bytes`, `version`, and for each task of `tasks` what `verify.compare` measured;
        of several `seconds` a list of such.

    Raises:
        InputError: if the model has no such task, or the path cannot be written.
        ExportError: if the format cannot hold the model, or the file's answers differ. Nothing is
            left behind.

    Example:
        export_model(applications.LogMelCNN(), "rooster_detector")
    """
    format = find_format(path, format, "saved_model")
    writer = writer_of(format)
    options |= {} if size is None else {"size": size}
    _check_options(format, options if seconds is None else {**options, "seconds": seconds})
    _check_seconds(seconds)
    _check_tasks(writer, format, tasks)
    found = find_tasks(model, tasks, layer, min_seconds, preprocessing)
    if tasks is None:
        found = getattr(writer, "by_default", list)(found)
    metadata = _metadata(model, found, preprocessing)
    with contextlib.ExitStack() as stack:  # all files of a ladder appear, or none
        reports = [
            _export(stack, format, place, (found, metadata), verify and (sounds,), overwrite, own)
            for place, own in _rungs(path, seconds, options)
        ]
    return reports if _is_ladder(seconds) else reports[0]


def _export(stack, format, path, made, verify, overwrite, options):
    """Writes one file or folder, which appears where `stack` is left: its report."""
    writer, (tasks, metadata) = writer_of(format), made
    holds = writer.FOLDER_HOLDS
    if holds is None:
        check_output(path, overwrite)
        beside = stack.enter_context(written_beside(f"{path}.json", overwrite))
        temporary = stack.enter_context(written_beside(path, overwrite))
    else:
        temporary = stack.enter_context(folder_beside(path, overwrite, holds))
    written = writer.write(tasks, metadata, temporary, **options)
    report = {
        "format": format,
        "path": str(path),
        "model": metadata.model,
        "bytes": _size(temporary),
        "version": metadata.version,
        "tasks": {task.name: {} for task in written},
    }
    if verify:
        report["tasks"] = verify_file(written, writer.read(temporary, written), *verify)
    if holds is not None:
        beside = temporary / "assets.extra" / REPORT
        beside.parent.mkdir(exist_ok=True)
    _write_json(beside, report)
    return report


def _check_options(format, options):
    takes = list(inspect.signature(writer_of(format).write).parameters)[3:]
    unknown = [name for name in options if name not in takes]
    if unknown:
        raise InputError(
            f"The format {format} takes {', '.join(takes)}. Received: {', '.join(unknown)}."
        )


def _check_seconds(seconds):
    """A length that is no number, or without end, is no number of samples."""
    given = seconds if _is_ladder(seconds) else [] if seconds is None else [seconds]
    if not all(math.isfinite(each) for each in given):
        raise InputError(f"Expected finite lengths, such as 5. Received `seconds`: {seconds}.")


def _is_ladder(seconds):
    return isinstance(seconds, list | tuple)


def _rungs(path, seconds, options):
    """Pairs of path and options, one a length."""
    if not _is_ladder(seconds):
        return [(path, options if seconds is None else {**options, "seconds": seconds})]
    if not seconds or len(set(seconds)) < len(seconds):
        raise InputError(f"Expected different lengths. Received `seconds`: {seconds}.")
    path = pathlib.Path(path)
    return [
        (path.with_name(f"{path.stem}_{each:g}s{path.suffix}"), {**options, "seconds": each})
        for each in seconds
    ]


def _check_tasks(writer, format, tasks):
    most = getattr(writer, "TASKS_A_FILE", None)
    if most is not None and tasks is not None and len(tasks) > most:
        raise InputError(
            f"A file of format {format!r} holds {most} task: export each to a file of its own. "
            f"Received: {', '.join(tasks)}."
        )


def _metadata(model, tasks, preprocessing):
    dream = model if isinstance(model, DeepDream) else None
    settings = {} if preprocessing is None else {"preprocessing": preprocessing}
    if dream is not None:
        config = dream.get_config()
        del config["model"], config["objective"], config["dtype"], config["trainable"]
        settings = {**config, "objective": repr(dream.objective)}
    network = model if dream is None else dream.model
    return Metadata(
        model=network.name,
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
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")
