"""From a sound file to a dreamed sound file, with its picture."""

import keras
import numpy as np

from keras_sounddream.audio.io import check_sound_output, load, save
from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError

MAX_SECONDS = 300.0  # the whole sound is held in memory: about 14 MB a second


def dream_file(
    input_path, output_path, model, layers=(), plot=None, overwrite=False, progress=True, **settings
):
    """Dreams a sound file and reads the objective off the file that was written.

    Args:
        input_path: str or path of a sound file.
        output_path: str or path of the sound file to write.
        model: `keras.Model` that takes waveforms.
        layers: sequence of str, each `"NAME"` or `"NAME:CHANNEL"`; by default a convolution two
            thirds of the way up.
        plot: str or path of a picture to draw, or `None`.
        overwrite: bool, whether files that exist may be replaced.
        progress: bool, whether to show a progress bar.
        **settings: of `DeepDream`.

    Returns:
        `DreamResult`, its `objective_real` read off the file.

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
    waveform = load(input_path, dream.sample_rate)
    seconds = waveform.shape[1] / dream.sample_rate
    if seconds > MAX_SECONDS:
        raise InputError(
            f"Expected at most {MAX_SECONDS:.0f} s to dream on. {input_path} lasts {seconds:.0f} s:"
            " cut it into pieces."
        )
    result = dream.run(waveform, progress=progress)
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
