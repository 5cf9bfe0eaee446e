"""From a sound or picture file to a dreamed one, with plots and pages."""

import contextlib

import keras
import numpy as np

from keras_sounddream.audio.blocks import read_blocks
from keras_sounddream.audio.io import check_sound_output, load, open_sound, save
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream import objectives, photo
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.model_checks import takes_pictures
from keras_sounddream.deepdream.recorder import Recorder
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.deepdream.scores import class_scores
from keras_sounddream.deepdream.segments import cut, take_segments
from keras_sounddream.deepdream.streaming import dream_stream
from keras_sounddream.errors import InputError
from keras_sounddream.reports.animation import animate, check_animation
from keras_sounddream.reports.dream import check_picture
from keras_sounddream.reports.dream import plot as draw
from keras_sounddream.reports.page import check_page, write_page

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
    of_pictures = takes_pictures(model)
    (photo.check_photo_output if of_pictures else check_sound_output)(output_path, overwrite)
    for path, check in ((plot, check_picture), (report, check_page), (animation, check_animation)):
        if path is not None:
            check(path, overwrite)
    if plot is not None and of_pictures:
        raise InputError("A plot shows spectrograms: of a picture, write a report instead.")
    dream = DeepDream(model, find_objective(model, layers, guides, label), **settings)
    if not of_pictures and _seconds_of(input_path) > MAX_SECONDS:
        if animation is not None:
            raise InputError(f"An animation shows at most {MAX_SECONDS:g} s of sound: cut it.")
        result = dream_stream(
            dream, input_path, output_path, overwrite=overwrite, progress=progress
        )
        shown, recorder = result, Recorder()
        if plot is not None or report is not None:
            shown = _beginning(dream, result, input_path)
    else:
        recorder = Recorder()
        watched = report is not None or animation is not None
        read = photo.load_picture if of_pictures else lambda path: load(path, dream.sample_rate)
        result = shown = dream.run(
            read(input_path), progress=progress, callbacks=[recorder] if watched else ()
        )
        _write(result, output_path, overwrite)
        result.objective_real = np.asarray(dream.read(read(output_path), result.source))
    if plot is not None:
        draw(shown, plot, overwrite)
    if report is not None:
        heard = (np.asarray(dream.model_input(one)) for one in (shown.source, shown.dream))
        write_page(shown, report, overwrite, recorder.stages, class_scores(model, *heard))
    if animation is not None:
        animate(
            recorder.frames,
            animation,
            recorder.sample_rate,
            recorder.seconds,
            title=" + ".join(result.layers),
            overwrite=overwrite,
        )
    return result


def find_objective(model, layers=(), guides=(), label=None):
    """Makes the objective that layers, guides and a class stand for.

    Args:
        model: `keras.Model`.
        layers: sequence of str, as of `dream_file`.
        guides: sequence of str or path, as of `dream_file`.
        label: str, as of `dream_file`.

    Returns:
        `Objective`.

    Raises:
        InputError: if the model lacks a layer, channel or class, or a guide cannot be read.
    """
    terms = []
    if label is not None and takes_pictures(model):
        raise InputError(f"{model.name} has no classes here, without its top. Name a layer.")
    if guides and any(":" in name for name in layers):
        raise InputError("A guide takes whole layers: leave the channel out.")
    if label is not None:
        terms.append(objectives.logit(objectives.find_label(model, label)))
    if guides:
        names = list(layers) or [middle_layer(model)]
        if takes_pictures(model):
            read = [photo.load_picture(path) for path in guides]
        else:
            read = [load(path, find_sample_rate(model)) for path in guides]
        terms.append(objectives.guided(model, names, read))
    elif layers or not terms:
        terms += [objectives.parse(text) for text in layers or [middle_layer(model)]]
    return sum(terms)


def middle_layer(model):
    """Names a convolution two thirds of the way up a model: past edges, before classes.

    Args:
        model: `keras.Model`.

    Returns:
        str, a layer's name.

    Raises:
        InputError: if the model has no convolution.
    """
    kinds = (keras.layers.Conv1D, keras.layers.Conv2D)
    names = [layer.name for layer in model.layers if isinstance(layer, kinds)]
    if not names:
        raise InputError(f"{model.name} has no convolution. Name a layer to dream on.")
    return names[2 * len(names) // 3]


def _write(result, path, overwrite):
    if result.picture is None:
        save(path, result.waveform, result.sample_rate, overwrite=overwrite)
    else:
        photo.save_picture(path, result.picture[0], overwrite)


def _seconds_of(path):
    with open_sound(path) as sound:
        return sound.frames / sound.samplerate


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
