"""From a sound or picture file to a dreamed one, with plots and pages."""

import contextlib

import numpy as np

from keras_sounddream.audio.io import (
    check_sound_output,
    load,
    open_sound,
    save,
)
from keras_sounddream.audio.streaming import read_blocks
from keras_sounddream.deepdream.callbacks.recorder import Recorder
from keras_sounddream.deepdream.long_sounds.segments import cut, take_segments
from keras_sounddream.deepdream.long_sounds.stream import dream_stream
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.network.checks import check_network, takes_pictures
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.deepdream.validation import settle_preprocessing
from keras_sounddream.errors import InputError
from keras_sounddream.images import io
from keras_sounddream.reports.dream import check_picture
from keras_sounddream.reports.dream import plot as draw
from keras_sounddream.reports.dream.animation import animate, check_animation
from keras_sounddream.reports.dream.page import check_page, write_page
from keras_sounddream.workflows.objective_from_files import check_kind, find_objective
from keras_sounddream.workflows.scores import class_scores

MAX_SECONDS = 60.0  # longer sounds are streamed; of those the picture shows so much


def dream_file(
    input_path,
    output_path,
    model,
    layers=(),
    guides=(),
    label=None,
    plot=None,
    report=None,
    animation=None,
    overwrite=False,
    progress=True,
    **settings,
):
    """Dreams a sound or picture file and reads the objective off the file that was written.

    A sound of more than `MAX_SECONDS` goes through `streaming.dream_stream`: in constant memory,
    and resumable by the same call.

    Args:
        input_path: str or path of a sound file, or of a picture if the model takes pictures.
        output_path: str or path of the sound or picture file to write.
        model: `keras.Model` that takes waveforms or pictures.
        layers: sequence of str, each `"NAME"` or `"NAME:CHANNEL"`; by default a convolution two
            thirds of the way up.
        guides: sequence of str or path of files whose features in `layers` the dream takes up.
        label: str, a class whose logit is raised, alone or beside `layers`.
        plot: str or path of a picture to draw, of `MAX_SECONDS` at most, or `None`.
        report: str or path of an HTML page to write, or `None`.
        animation: str or path of a `.gif` or `.mp4` of the ascent, or `None`.
        overwrite: bool, whether files that exist may be replaced.
        progress: bool, whether to show a progress bar.
        **settings: of `DeepDream`.

    Returns:
        `DreamResult`, or `StreamResult` of a long sound; `objective_real` is read off the file.

    Raises:
        InputError: if the input cannot be dreamed on, or an output may not be written.
    """
    check_network(model)
    of_pictures = takes_pictures(model)
    pages = {"plot": plot, "report": report, "animation": animation}
    for path in (input_path, *guides):
        check_kind(path, model)
    _check_outputs(output_path, pages, overwrite, of_pictures)
    settings = settle_preprocessing(model, settings) if of_pictures else settings
    mode = settings.get("preprocessing", "tf")
    dream = DeepDream(model, find_objective(model, layers, guides, label, mode), **settings)
    recorder = Recorder()
    long = is_long(dream, input_path)
    if long and animation is not None:
        raise InputError(f"An animation shows at most {MAX_SECONDS:g} s of sound: cut it.")
    callbacks = [recorder] if report is not None or animation is not None else []
    result = shown = dream_to_file(dream, input_path, output_path, overwrite, progress, callbacks)
    if long and (plot is not None or report is not None):
        shown = _beginning(dream, result, input_path)
    if plot is not None:
        draw(shown, plot, overwrite)
    if report is not None:
        heard = (np.asarray(dream.model_input(one)) for one in (shown.source, shown.dream))
        write_page(shown, report, overwrite, recorder.stages, class_scores(model, *heard))
    if animation is not None:
        rate, seconds = recorder.sample_rate, recorder.seconds
        title = " + ".join(result.layers)
        animate(recorder.frames, animation, rate, seconds, title=title, overwrite=overwrite)
    return result


def _check_outputs(output_path, pages, overwrite, of_pictures):
    """Checks, before any work is done, that all can be written."""
    (io.check_photo_output if of_pictures else check_sound_output)(output_path, overwrite)
    checks = {"plot": check_picture, "report": check_page, "animation": check_animation}
    for name, path in pages.items():
        if path is not None:
            checks[name](path, overwrite)
    if pages["plot"] is not None and of_pictures:
        raise InputError("A plot shows spectrograms: of a picture, write a report instead.")


def dream_to_file(dream, input_path, output_path, overwrite=False, progress=False, callbacks=()):
    """Dreams one more file with a dream that is made already, and its graphs with it.

    Args:
        dream: `DeepDream`.
        input_path: str or path of a sound file, or of a picture, as `dream_file`.
        output_path: str or path of the file to write.
        overwrite: bool, whether a file that exists may be replaced.
        progress: bool, whether to show a progress bar.
        callbacks: sequence of `callbacks.Callback`; a long sound is streamed and tells them
            nothing.

    Returns:
        As `dream_file`.

    Raises:
        InputError: as `dream_file`.
    """
    if is_long(dream, input_path):
        return dream_stream(dream, input_path, output_path, overwrite=overwrite, progress=progress)

    def read(path):
        return io.load_picture(path) if (dream.kind == "picture") else load(path, dream.sample_rate)

    result = dream.run(read(input_path), progress=progress, callbacks=callbacks)
    if dream.kind == "picture":
        io.save_picture(output_path, result.picture[0], overwrite)
    else:
        save(output_path, result.waveform, result.sample_rate, overwrite=overwrite)
    result.objective_real = np.asarray(dream.score(read(output_path), result.source))
    return result


def is_long(dream, input_path):
    """Tells whether a file is a sound that is streamed.

    Args:
        dream: `DeepDream`.
        input_path: str or path of a file that `dream` takes.

    Returns:
        bool.
    """
    if dream.kind == "picture":
        return False
    with open_sound(input_path) as sound:
        return sound.frames / sound.samplerate > MAX_SECONDS


def _beginning(dream, result, input_path):
    """The first `MAX_SECONDS` of a long dream, to be drawn."""
    before, after = (
        _first_samples(path, dream.sample_rate, dream.analysis.frame_step)
        for path in (input_path, result.path)
    )
    return DreamResult(
        source=before,
        dream=after,
        analysis=dream.analysis,
        objective=result.objective,
        objective_before=result.objective_before,
        objective_believed=result.objective_believed,
        objective_real=result.objective_real,
        seconds=result.seconds,
        layers=result.layers,
        name=f"{result.name}; spectrograms of the first {MAX_SECONDS:g} s",
    )


def _first_samples(path, sample_rate, step):
    num_samples = round(MAX_SECONDS * sample_rate)
    segments = cut(num_samples, num_samples, 0, step)
    with contextlib.closing(read_blocks(path, sample_rate)) as blocks:
        return next(take_segments(blocks, segments))[np.newaxis]
