"""What can be made audible: models, layers, sounds and pictures; each check names what came."""

import keras
import numpy as np

from keras_sounddream.audio.loudness import is_silent
from keras_sounddream.deepdream.network.checks import check_network, takes_pictures, takes_sounds
from keras_sounddream.deepdream.network.lookup import output_shape
from keras_sounddream.errors import InputError

_HIGHEST_PEAK = 1.5  # of a sound: lossy formats overshoot 1 a little


def check_kind(model):
    """Checks that a model takes sounds or pictures.

    Args:
        model: what ought to be a functional `keras.Model`.

    Returns:
        bool, whether it takes pictures.

    Raises:
        InputError: if it takes neither.
    """
    check_network(model)
    of_pictures = takes_pictures(model)
    if not (of_pictures or takes_sounds(model)):
        raise InputError(
            "Expected a model that takes sounds (batch, samples) or pictures (batch, height, "
            f"width, 3). {model.name} takes: {tuple(model.inputs[0].shape)}"
        )
    return of_pictures


def check_layers(model, layers):
    """Checks that a model has layers that can be heard.

    Args:
        model: `keras.Model`, functional.
        layers: sequence of str.

    Returns:
        list of str, each once.

    Raises:
        InputError: if there is none, or one is unknown, with the nearest names, or has no output
            that can be heard.
    """
    if not isinstance(layers, list | tuple) or not layers:
        raise InputError(f"Expected a list of layer names. Received: {layers!r}")
    for name in layers:
        shape = output_shape(model, name)
        if len(shape) > 4:
            raise InputError(
                f"Layer {name!r} cannot be heard: expected (batch, frames, bands, channels) or "
                f"fewer axes. Its output is {shape}."
            )
    return list(dict.fromkeys(layers))


def checked_source(model, source, of_pictures):
    """Checks what a network is to hear or see.

    Args:
        model: `keras.Model`.
        source: float array, as `reading.read_activations` takes it.
        of_pictures: bool, whether the model takes pictures.

    Returns:
        float32 with a batch axis.

    Raises:
        InputError: if it is of another kind or shape, silent, not finite or out of range.
    """
    kind = "pictures (height, width, 3)" if of_pictures else "sound (samples,)"
    try:
        source = np.asarray(source, "float32")
    except (TypeError, ValueError):
        received = type(source).__name__
        raise InputError(f"Expected {kind}, an array of numbers. Received: {received}") from None
    rank = 4 if of_pictures else 2
    if source.ndim == rank - 1:
        source = source[np.newaxis]
    if source.ndim != rank or not source.size or (of_pictures and source.shape[-1] != 3):
        raise InputError(
            f"{model.name} takes {kind}, with or without a batch axis. "
            f"Received shape: {source.shape}"
        )
    if not np.isfinite(source).all():
        raise InputError("Expected finite numbers to listen to. Some are not numbers.")
    (_check_pixels if of_pictures else _check_samples)(source)
    wanted = model.inputs[0].shape[1 : rank - of_pictures]
    if any(want not in (None, got) for want, got in zip(wanted, source.shape[1:], strict=False)):
        raise InputError(f"{model.name} takes {tuple(wanted)}. Received: {source.shape[1:]}")
    return source


def _check_pixels(pictures):
    lowest, highest = pictures.min(), pictures.max()
    if lowest < 0 or highest > 255:
        raise InputError(f"Expected pixels in [0, 255]. Received: {lowest:.4g} to {highest:.4g}")
    if 0 < highest <= 1:
        raise InputError(
            f"Expected pixels in [0, 255]. The highest is {highest:.4g}: multiply by 255."
        )


def _check_samples(sounds):
    peak = np.abs(sounds).max()
    if peak > _HIGHEST_PEAK:
        raise InputError(f"Expected samples in [-1, 1]. The peak is {peak:.4g}: scale it down.")
    if is_silent(sounds).any():
        raise InputError("Expected sound for the network to hear, but it is silent.")


def check_size(model, layers, source):
    """Checks that layers make something of an input so small.

    Args:
        model: `keras.Model`.
        layers: list of str.
        source: float32 with a batch axis, as `checked_source` gives it.

    Raises:
        InputError: if one does not, named with what to do.
    """
    shape = source.shape
    shape = (*shape, 1) if len(model.inputs[0].shape) > len(shape) else shape
    for name in layers:
        network = keras.Model(model.inputs[0], model.get_layer(name).output)
        try:
            fits = all(size is None or size > 0 for size in network.compute_output_shape(shape))
        except ValueError:
            fits = False
        if not fits:
            sizes = " x ".join(map(str, source.shape[1:3]))
            unit, thing = ("pixels", "picture") if source.ndim == 4 else ("samples", "sound")
            raise InputError(
                f"{sizes} {unit} are too few for layer {name!r} of {model.name}: take a larger "
                f"{thing}, or an earlier layer."
            )
