"""From a sound file to a dreamed sound file, with its picture."""

import contextlib

import keras
import numpy as np

from keras_sounddream.audio.blocks import read_blocks
from keras_sounddream.audio.io import check_sound_output, load, open_sound, save
from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.deepdream.segments import cut, take_segments
from keras_sounddream.deepdream.streaming import dream_stream
from keras_sounddream.errors import InputError

MAX_SECONDS = 60.0  # longer sounds are streamed; of those the picture shows so much


def dream_file(
    input_path, output_path, model, layers=(), plot=None, overwrite=False, progress=True, **settings
):
    """Dreams a sound file and reads the objective off the file that was written.

    A sound of more than `MAX_SECONDS` goes through `streaming.dream_stream`: in constant memory,
    and resumable by the same call.

    Args:
        input_path: str or path of a sound file.
        output_path: str or path of the sound file to write.
        model: `keras.Model` that takes waveforms.
        layers: sequence of str, each `"NAME"` or `"NAME:CHANNEL"`; by default a convolution two
            thirds of the way up.
        plot: str or path of a picture to draw, of `MAX_SECONDS` at most, or `None`.
        overwrite: bool, whether files that exist may be replaced.
        progress: bool, whether to show a progress bar.
        **settings: of `DeepDream`.

    Returns:
        `DreamResult`, or `StreamResult` of a long sound; `objective_real` is read off the file.

    Raises:
        InputError: if the input cannot be dreamed on, or an output may not be written.
    """
    check_sound_output(output_path, overwrite)
    if plot is not None:
        from keras_sounddream.reports.dream import check_picture
        from keras_sounddream.reports.dream import plot as draw

        check_picture(plot, overwrite)
    terms = [objectives.parse(text) for text in layers or [middle_layer(model)]]
    dream = DeepDream(model, sum(terms), **settings)
    if _seconds_of(input_path) > MAX_SECONDS:
        result = dream_stream(
            dream, input_path, output_path, overwrite=overwrite, progress=progress
        )
        if plot is not None:
            draw(_beginning(dream, result, input_path), plot, overwrite)
        return result
    result = dream.run(load(input_path, dream.sample_rate), progress=progress)
    save(output_path, result.waveform, dream.sample_rate, overwrite=overwrite)
    written = load(output_path, dream.sample_rate)
    result.objective_real = np.asarray(dream.read(written))
    if plot is not None:
        draw(result, plot, overwrite)
    return result


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
