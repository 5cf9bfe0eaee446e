"""A dream from a sound or picture file to another, with plots, pages and animations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.validation import find_kind
from keras_sounddream.errors import InputError
from keras_sounddream.files import is_stream, written_beside
from keras_sounddream.locks import locked
from keras_sounddream.progress import TracingBar
from keras_sounddream.reports import dream as dream_reports
from keras_sounddream.types import PathLike
from keras_sounddream.workflows.classes import with_classes
from keras_sounddream.workflows.making import make_dream
from keras_sounddream.workflows.media import MAX_SECONDS, Source, files_of
from keras_sounddream.workflows.objective_from_files import GUIDANCES
from keras_sounddream.workflows.scores import class_scores

if TYPE_CHECKING:
    import keras

    from keras_sounddream.deepdream.callbacks import Callback
    from keras_sounddream.deepdream.long_sounds.stream import StreamResult
    from keras_sounddream.deepdream.result import DreamResult


def dream_file(
    input_path: PathLike,
    output_path: PathLike,
    model: keras.Model,
    layers: Sequence[str] = (),
    guides: Sequence[PathLike] = (),
    label: str | None = None,
    guidance: str = GUIDANCES[0],
    plot: PathLike | None = None,
    report: PathLike | None = None,
    animation: PathLike | None = None,
    overwrite: bool = False,
    progress: bool | TracingBar = True,
    **settings: Any,
) -> DreamResult | StreamResult:
    """Dreams a sound or picture file and evaluates the objective on the file that was written.

    A sound of more than a minute goes through `deepdream.dream_stream`: in constant memory, and
    resumable by the same call.

    Args:
        input_path: a sound file, or a picture if the model takes pictures.
        output_path: the sound or picture file to write.
        model: takes waveforms or pictures.
        layers: each `"NAME"` or `"NAME:CHANNEL"`; by default a convolution two thirds of the way
            from the input to the output.
        guides: files whose features in `layers` the dream takes up; beside `label` alone, sounds
            of the class to begin with; see `making.make_dream`.
        label: a class whose logit is raised, alone or beside `layers`; see `find_objective`.
        guidance: the objective of guides: `"guided"`, `"guided_locally"` or `"matched"`.
        plot: a picture of the spectrograms to draw (audio only), of the first minute at most.
        report: an HTML page to write.
        animation: a `.gif` or `.mp4` of the ascent.
        overwrite: whether files that exist may be replaced.
        progress: whether to show a progress bar; see `DeepDream.run`.
        **settings: arguments of `DeepDream`.

    Returns:
        `DreamResult`, or `StreamResult` for a sound of more than a minute; its `objective_real`
        is evaluated on the file.

    Raises:
        InputError: if the input cannot be dreamed on, or an output may not be written.
    """
    find_kind(model)
    files = files_of(model)
    if label is not None and files.kind == "picture":
        model = with_classes(model)
    source = files.read(input_path, model)
    files.check_output(output_path, overwrite)
    _check_pages(files.kind, plot, report, animation, overwrite)
    if source.is_long and animation is not None:
        raise InputError(f"An animation shows at most {MAX_SECONDS:g} s of sound: cut it.")
    dream = make_dream(model, layers, guides, label, guidance, **settings)
    recorder = None if report is None and animation is None else _recorder()
    callbacks = [] if recorder is None else [recorder]
    result = shown = _dream(dream, source, output_path, overwrite, progress, callbacks)
    if source.is_long and (plot is not None or report is not None):
        shown = _beginning(dream, result, source)
    if plot is not None:
        dream_reports.plot(shown, plot, overwrite)
    if recorder is not None and report is not None:
        before, after = (np.asarray(dream.model_input(x)) for x in (shown.source, shown.dream))
        scores = class_scores(model, before, after)
        dream_reports.write_page(shown, report, overwrite, recorder.stages, scores)
    if recorder is not None and animation is not None:
        length = recorder.sample_rate, recorder.seconds
        dream_reports.animate(
            recorder.frames, animation, *length, title=result.name, overwrite=overwrite
        )
    return result


def dream_to_file(
    dream: DeepDream,
    input_path: PathLike,
    output_path: PathLike,
    overwrite: bool = False,
    progress: bool = False,
    callbacks: Sequence[Callback] = (),
) -> DreamResult | StreamResult:
    """Dreams one more file with a `DeepDream` that exists, and with its graphs.

    Args:
        dream: the dream.
        input_path: a sound file, or a picture, see `dream_file`.
        output_path: the file to write.
        overwrite: whether a file that exists may be replaced.
        progress: whether to show a progress bar.
        callbacks: called during the ascent, but not for a sound of more than a minute.

    Returns:
        the result, see `dream_file`.

    Raises:
        InputError: if the input cannot be dreamed on, or the output may not be written.
    """
    source = files_of(dream.model).read(input_path, dream.model)
    return _dream(dream, source, output_path, overwrite, progress, callbacks)


def _dream(dream, source, output_path, overwrite, progress, callbacks):
    """The result of a dream that was written to a file."""
    if source.is_long:
        from keras_sounddream.deepdream.long_sounds.stream import dream_stream

        return dream_stream(dream, source.path, output_path, overwrite=overwrite, progress=progress)
    files = files_of(dream.model)
    with locked(output_path, "dream"):
        result = dream.run(source.at(dream.sample_rate), progress=progress, callbacks=callbacks)
        written = _save_and_read(files, output_path, result, dream.model, overwrite)
    score = dream.score(written.at(dream.sample_rate), result.source)
    result.objective_real = np.asarray(score)
    return result


def _save_and_read(files, output_path, result, model, overwrite):
    """Writes a dream, and reads back what was written: before it is sent, if it goes to a pipe."""
    if is_stream(output_path):
        with written_beside(output_path) as temporary:
            return _save_and_read(files, temporary, result, model, True)
    files.save(output_path, result.dream, result.sample_rate, overwrite)
    return files.read(output_path, model)


def _check_pages(kind, plot, report, animation, overwrite):
    """Checks that plot, page and animation can be written, before any work is done."""
    if plot is not None:
        dream_reports.check_picture(plot, overwrite)
        if kind == "picture":
            raise InputError("A plot shows spectrograms: of a picture, write a report instead.")
    if report is not None:
        dream_reports.check_page(report, overwrite)
    if animation is not None:
        dream_reports.check_animation(animation, overwrite)


def _recorder():
    from keras_sounddream.deepdream.callbacks.recorder import Recorder

    return Recorder()


def _beginning(dream, result, source):
    """The first `MAX_SECONDS` of a long dream as a `DreamResult`, to be drawn."""
    from keras_sounddream.deepdream.result import DreamResult

    written = files_of(dream.model).read(result.path, dream.model)
    before, after = (_first_samples(file, dream.sample_rate) for file in (source, written))
    names = ("objective", "objective_before", "objective_believed", "objective_real")
    return DreamResult(
        source=before,
        dream=after,
        analysis=dream.analysis,
        **{name: getattr(result, name) for name in names},
        seconds=result.seconds,
        layers=result.layers,
        name=f"{result.name}; spectrograms of the first {MAX_SECONDS:g} s",
    )


def _first_samples(source: Source, sample_rate: int):
    return source.at(sample_rate)[:, : round(MAX_SECONDS * sample_rate)]
