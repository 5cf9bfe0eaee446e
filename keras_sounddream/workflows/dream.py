"""A dream from a sound or picture file to another, with plots, pages and animations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.full_rate.target import plan
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.validation import find_kind, warn_of_loss
from keras_sounddream.errors import InputError
from keras_sounddream.files import is_stream, written_beside
from keras_sounddream.locks import locked
from keras_sounddream.progress import TracingBar
from keras_sounddream.reports import dream as dream_reports
from keras_sounddream.types import PathLike
from keras_sounddream.workflows.making import make_dream
from keras_sounddream.workflows.media import MAX_SECONDS, Source, files_of
from keras_sounddream.workflows.objective_from_files import GUIDANCES
from keras_sounddream.workflows.scores import class_scores
from keras_sounddream.workflows.short_sounds import ShortSound

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
    rate: int | None = None,
    mono: bool = False,
    mix: float = 1.0,
    start: float | None = None,
    end: float | None = None,
    band: tuple[float, float] | None = None,
    **settings: Any,
) -> DreamResult | StreamResult:
    """Dreams a sound or picture file and evaluates the objective on the file that was written.

    A sound keeps its rate, channels, length and bits, whatever the network hears of it. One of more
    than a minute goes through `deepdream.dream_stream`: in constant memory, and resumable by the
    same call.

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
        rate: Hz, of the sound file to write, in place of the input's.
        mono: whether to write one channel in place of the input's.
        mix: 1 for the dream, 0 for the input, between them a mixture. Sounds only, as are the next.
        start: second at which the dream begins, and alone is heard by the network.
        end: second at which it ends.
        band: `(low, high)` in Hz, outside of which the file is the input.
        **settings: arguments of `DeepDream`.

    Returns:
        `DreamResult`, or `StreamResult` for a sound of more than a minute; its `dream`, as
        the network hears it, and its measurements are read off the file.

    Raises:
        InputError: if the input cannot be dreamed on, or an output may not be written.
    """
    rendering = Rendering(rate=rate, mono=mono, mix=mix, start=start, end=end, band=band)
    find_kind(model)
    files = files_of(model)
    _check_kind(files.kind, rendering)
    source = files.read(input_path, model)
    _check_output(files, source, output_path, rendering, overwrite)
    _check_pages(files.kind, plot, report, animation, overwrite)
    if source.is_long and animation is not None:
        raise InputError(f"An animation shows at most {MAX_SECONDS:g} s of sound: cut it.")
    dream = make_dream(model, layers, guides, label, guidance, **settings)
    recorder = None if report is None and animation is None else _recorder()
    callbacks = [] if recorder is None else [recorder]
    options = rendering, overwrite, progress, callbacks
    result = shown = _dream(dream, source, output_path, *options)
    if source.is_long and (plot is not None or report is not None):
        shown = _beginning(dream, result, source)
    if plot is not None:
        dream_reports.plot(shown, plot, overwrite)
    if recorder is not None and report is not None:
        before, after = (np.asarray(dream.model_input(x)) for x in (shown.source, shown.dream))
        scores = class_scores(dream.model, before, after)
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
    rendering: Rendering | None = None,
) -> DreamResult | StreamResult:
    """Dreams one more file with a `DeepDream` that exists, and with its graphs.

    Args:
        dream: the dream.
        input_path: a sound file, or a picture, see `dream_file`.
        output_path: the file to write.
        overwrite: whether a file that exists may be replaced.
        progress: whether to show a progress bar.
        callbacks: called during the ascent, but not for a sound of more than a minute.
        rendering: what of the dream gets into a file of sound, and in which form; by default all,
            at the input's rate, channels and bits.

    Returns:
        the result, see `dream_file`.

    Raises:
        InputError: if the input cannot be dreamed on, or the output may not be written.
    """
    rendering = rendering or Rendering()
    _check_kind(dream.kind, rendering)
    source = files_of(dream.model).read(input_path, dream.model)
    return _dream(dream, source, output_path, rendering, overwrite, progress, callbacks)


def _check_kind(kind, rendering):
    if kind == "picture" and rendering != Rendering():
        raise InputError(
            "A rate, channels, a mixture and regions are of sounds, and this network takes "
            "pictures: leave them out."
        )


def _dream(dream, source, output_path, rendering, overwrite, progress, callbacks):
    """The result of a dream that was written to a file."""
    if source.is_long:
        from keras_sounddream.deepdream.long_sounds.stream import dream_stream

        options = {"overwrite": overwrite, "progress": progress, "rendering": rendering}
        result = dream_stream(dream, source.path, output_path, **options)
        warn_of_loss(result.lost)
        return result
    ascent = {"progress": progress, "callbacks": callbacks}
    if dream.kind == "picture":
        return _dream_picture(dream, source, output_path, overwrite, ascent)
    sound = ShortSound(source, output_path, rendering, overwrite)

    def write(path, overwrite):
        sound.write(path, result, dream.analysis, overwrite)

    with locked(output_path, "dream"):
        result = dream.run(sound.heard(dream.sample_rate), **ascent)
        written = _written_and_read(write, output_path, dream.model, overwrite)
    heard = sound.heard(dream.sample_rate, written)
    result.objective_real = np.asarray(dream.score(heard, result.source))
    result.written = {**sound.target.figures(), **rendering.figures()}
    result.dream = heard
    warn_of_loss(result.lost)
    return result


def _dream_picture(dream, source, output_path, overwrite, ascent):
    def write(path, overwrite):
        files_of(dream.model).save(path, result.dream, None, overwrite)

    with locked(output_path, "dream"):
        result = dream.run(source.data, **ascent)
        written = _written_and_read(write, output_path, dream.model, overwrite)
    result.objective_real = np.asarray(dream.score(written.data, result.source))
    return result


def _written_and_read(write, path, model, overwrite):
    """Writes a dream, and reads back what was written: before it is sent, if it goes to a pipe."""
    if is_stream(path):
        with written_beside(path) as temporary:
            return _written_and_read(write, temporary, model, True)
    write(path, overwrite)
    return files_of(model).read(path, model)


def _check_output(files, source, path, rendering, overwrite):
    """Checks that the dream can be written, in the source's form."""
    if files.kind == "picture":
        files.check_output(path, overwrite)
    elif not source.is_long:
        ShortSound(source, path, rendering, overwrite)
    else:
        channels = len(source.channels)
        plan(path, rendering, source.sample_rate, channels, source.coding, overwrite)


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
        precision=result.precision,
    )


def _first_samples(source: Source, sample_rate: int):
    return source.at(sample_rate)[:, : round(MAX_SECONDS * sample_rate)]
