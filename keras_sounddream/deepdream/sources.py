"""What can be dreamed on, and with; each check names what came."""

import keras
import numpy as np

from keras_sounddream.audio.loudness import rms
from keras_sounddream.deepdream.objective import Objective
from keras_sounddream.errors import InputError

_HIGHEST_PEAK = 1.5  # lossy formats overshoot 1 a little
_SILENCE = 2e-6  # root mean square; `rms` says 1e-6 for all zeros


def takes_pictures(model):
    """Tells whether a model takes pictures `(batch, height, width, 3)`."""
    shape = model.inputs[0].shape
    return len(shape) == 4 and shape[-1] == 3


def check_model(model, objective):
    """Checks that a model takes sounds or pictures and has what an objective reads.

    Args:
        model: `keras.Model`, functional.
        objective: `Objective`.

    Returns:
        bool, whether it takes pictures.

    Raises:
        InputError: if it takes neither, or lacks something.
    """
    shape = model.inputs[0].shape
    of_pictures = takes_pictures(model)
    of_sounds = len(shape) == 2 or (len(shape) == 3 and shape[-1] == 1)
    if len(model.inputs) != 1 or not (of_sounds or of_pictures):
        raise InputError(
            "Expected a model with one input, (batch, samples), (batch, samples, 1) or "
            f"(batch, height, width, 3). "
            f"{model.name} takes: {', '.join(str(tensor.shape) for tensor in model.inputs)}"
        )
    if not isinstance(objective, Objective):
        raise InputError(f"Expected an objective, such as layer('conv1'). Got: {objective!r}")
    objective.resolved(model).check(model)
    return of_pictures


def check(image, dream):
    """Checks what is to be dreamed on.

    Args:
        image: float array, as of `DeepDream.run`.
        dream: `DeepDream`.

    Returns:
        float32 array with a batch axis.

    Raises:
        InputError: if it cannot be dreamed on.
    """
    return _picture(image, dream) if dream.of_pictures else _waveform(image, dream)


def _waveform(waveform, dream):
    waveform = np.array(waveform, "float32")
    waveform = waveform[None] if waveform.ndim == 1 else waveform
    if waveform.ndim != 2 or not waveform.size:
        raise InputError(
            "Expected a waveform (samples,) or (batch, samples) to dream on. "
            f"Received shape: {waveform.shape}"
        )
    _check_finite(waveform, "a waveform")
    expected = dream.model.inputs[0].shape[1]
    if expected not in (None, waveform.shape[1]):
        raise InputError(
            f"{dream.model.name} takes {expected} samples, no more and no fewer. "
            f"Received: {waveform.shape[1]}"
        )
    peak = np.abs(waveform).max()
    if peak > _HIGHEST_PEAK:
        raise InputError(f"Expected samples in [-1, 1]. The peak is {peak:.4g}: scale it down.")
    least, seconds = dream.analysis.frame_seconds, waveform.shape[1] / dream.sample_rate
    if waveform.shape[1] < dream.analysis.frame_length:
        raise InputError(f"Expected at least {least} s to dream on. Received: {seconds:.3f} s")
    if (np.asarray(rms(waveform)) < _SILENCE).any():
        raise InputError("Expected sound to dream on, but it is silent.")
    return waveform


def _picture(picture, dream):
    picture = np.array(picture, "float32")
    picture = picture[None] if picture.ndim == 3 else picture
    if picture.ndim != 4 or picture.shape[-1] != 3 or not picture.size:
        raise InputError(
            "Expected a picture (height, width, 3) or (batch, height, width, 3) to dream on. "
            f"Received shape: {picture.shape}"
        )
    _check_finite(picture, "a picture")
    if picture.min() < 0 or picture.max() > 255:
        raise InputError(
            f"Expected pixels in [0, 255]. Received: {picture.min():.4g} to {picture.max():.4g}"
        )
    expected = dream.model.inputs[0].shape[1:3]
    if any(e not in (None, n) for e, n in zip(expected, picture.shape[1:3], strict=True)):
        raise InputError(
            f"{dream.model.name} takes {expected[0]} x {expected[1]} pixels, no more and no fewer. "
            f"Received: {picture.shape[1]} x {picture.shape[2]}"
        )
    _check_size(picture, dream)
    return picture


def _check_size(picture, dream):
    """Checks that the network takes a picture at its smallest octave."""
    settings, (rows, columns) = dream.settings, picture.shape[1:3]
    shrinks = settings.time_factor, settings.frequency_factor
    coarsest = [
        max(round(n / factor ** (settings.octaves - 1)), 1)
        for n, factor in zip((rows, columns), shrinks, strict=True)
    ]
    for name in (*dream.objective.layers, *dream.objective.logit_layers):
        network = keras.Model(dream.model.inputs[0], dream.model.get_layer(name).output)
        try:
            fits = all(network.compute_output_shape((1, *coarsest, 3))[1:3])
        except ValueError:
            fits = False
        if not fits:
            raise InputError(
                f"{rows} x {columns} pixels are {coarsest[0]} x {coarsest[1]} in the first of "
                f"{settings.octaves} octaves, too few for layer {name!r}: dream in fewer octaves."
            )


def _check_finite(image, name):
    if not np.isfinite(image).all():
        raise InputError(f"Expected {name} of finite numbers. It holds some that are not.")
