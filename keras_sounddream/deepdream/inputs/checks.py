"""What can be dreamed on; each check names what came."""

import warnings

import keras
import numpy as np

from keras_sounddream.audio.loudness import rms
from keras_sounddream.deepdream.callbacks import Callback
from keras_sounddream.errors import InputError, InputWarning

_HIGHEST_PEAK = 1.5  # lossy formats overshoot 1 a little
_SILENCE = 2e-6  # root mean square; `rms` says 1e-6 for all zeros
_MOST_WORK = 8  # times that of a dream without tiles


def is_silent(waveforms):
    """Tells which waveforms are silent.

    Args:
        waveforms: float32 `(batch, samples)`.

    Returns:
        bool `(batch,)`.
    """
    return np.asarray(rms(waveforms))[:, 0] < _SILENCE


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
    kind = "a picture" if dream.of_pictures else "a waveform"
    try:
        image = np.array(image, "float32")
    except (TypeError, ValueError):
        raise InputError(
            f"Expected {kind}, an array of numbers, to dream on. Received: {type(image).__name__}"
        ) from None
    image = _picture(image, dream) if dream.of_pictures else _waveform(image, dream)
    _advise_tiles(image.shape, dream)
    return image


def check_callbacks(callbacks):
    """Checks that callbacks are a sequence of them.

    Args:
        callbacks: what `DeepDream.run` was given.

    Raises:
        InputError: if they are not.
    """
    several = isinstance(callbacks, list | tuple)
    if not several or not all(isinstance(each, Callback) for each in callbacks):
        raise InputError(f"`callbacks` must be a list of Callback. Received: {callbacks!r}")


def _advise_tiles(shape, dream):
    """Warns where most of the work of tiles would be for their margins."""
    tiles = dream.climb.tiles
    if tiles is None:
        return
    pairs = list(zip(tiles.cuts, shape[1:], strict=False))
    work = np.prod([int(cut.count(n)) * int(cut.tile_length(n)) / n for cut, n in pairs])
    if work > _MOST_WORK:
        longest = max(2 * (cut.before + cut.after) for cut, _ in pairs)
        enough = (
            f"tile_pixels={longest}"
            if dream.of_pictures
            else f"tile_seconds={longest / dream.sample_rate:.2g}"
        )
        warnings.warn(
            f"These tiles make {work:.0f} times the work of none, nearly all of it for the margins "
            f"that keep them exact. Take larger ones, such as {enough}, or approximate=True.",
            InputWarning,
            stacklevel=5,
        )


def _waveform(waveform, dream):
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
        raise InputError(f"Expected at least {least:.3g} s to dream on. Received: {seconds:.3f} s")
    if is_silent(waveform).any():
        raise InputError("Expected sound to dream on, but it is silent.")
    _check_length(waveform, dream)
    return waveform


def _check_length(waveform, dream):
    """Checks that each layer that is read makes something of a sound so short."""
    shape = dream.model_input(waveform[:1]).shape
    for name in (*dream.objective.layers, *dream.objective.logit_layers):
        network = keras.Model(dream.model.inputs[0], dream.model.get_layer(name).output)
        try:
            fits = 0 not in network.compute_output_shape(tuple(shape))
        except ValueError:
            fits = False
        if not fits:
            seconds = waveform.shape[1] / dream.sample_rate
            raise InputError(
                f"{seconds:.3f} s of sound are too few for layer {name!r}: dream on a longer sound "
                "or an earlier layer."
            )


def _picture(picture, dream):
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
            fewer = "dream in fewer octaves" if settings.octaves > 1 else "take a larger picture"
            raise InputError(
                f"{rows} x {columns} pixels are {coarsest[0]} x {coarsest[1]} in the first of "
                f"{settings.octaves} octaves, too few for layer {name!r}: {fewer}."
            )


def _check_finite(image, name):
    if not np.isfinite(image).all():
        raise InputError(f"Expected {name} of finite numbers. It holds some that are not.")
