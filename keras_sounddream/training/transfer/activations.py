"""What a layer of an audio model answers to sounds: one array a clip, pooled over time by name."""

import os

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.applications.classify import known_sample_rate, prepare_pieces
from keras_sounddream.audio.io import load
from keras_sounddream.deepdream.network.lookup import unknown
from keras_sounddream.errors import InputError

WINDOW_SHARE = 0.1  # of a sound's time steps; a second of ten

_POOLING = {
    "mean": lambda x: x.mean(axis=0),
    "max": lambda x: x.max(axis=0),
    "mean+std": lambda x: np.concatenate([x.mean(axis=0), x.std(axis=0)], axis=-1),
    "mean+max": lambda x: np.concatenate([x.mean(axis=0), x.max(axis=0)], axis=-1),
    "mean+max+place": lambda x: np.concatenate([x.mean(axis=0), x.max(axis=0), _place(x)], axis=-1),
    "windows": lambda x: windows(x),
    "none": lambda x: x,
}
POOLINGS = tuple(_POOLING)


def layer_activations(model, layer, sounds, pooling="mean", **options):
    """Computes what one layer answers to sounds.

    Args:
        model: as of `activations`.
        layer: str, name of a layer.
        sounds: as of `activations`.
        pooling: as of `activations`.
        **options: as of `activations`.

    Returns:
        As the values of `activations`.

    Raises:
        InputError: as `activations`.
    """
    return activations(model, [layer], sounds, pooling, **options)[layer]


def activations(
    model,
    layers,
    sounds,
    pooling="mean",
    *,
    family=None,
    seconds=None,
    keep_bands=False,
    progress=True,
):
    """Computes what layers answer to sounds, each sound alone.

    A layer's time steps are its frames, or those of all patches one after the other where a model
    cuts sounds into patches.

    Args:
        model: `keras.Model` from waveforms, functional, whose sample rate is known.
        layers: sequence of str, names of layers.
        sounds: sequence of paths of sound files, or of float32 waveforms `(samples,)` or
            `(1, samples)` at the model's rate.
        pooling: str, over time: `"mean"`, `"max"`, `"mean+std"`, `"mean+max"`; `"mean+max+place"`
            adds where the maximum is, from 0 for the start of the sound to 1; `"windows"` for
            windows of a tenth of the time steps, flattened, as of `windows`; `"none"` for all.
        family: module of `applications` that `model` is of, which brings sounds to their least
            length; `None` for a model of one's own.
        seconds: float, to which each sound is cut or, from its start, repeated; `None` for its own
            length.
        keep_bands: bool, whether each frequency row of a layer stays apart; `False` to pool over
            them as over time.
        progress: bool, whether to show a progress bar.

    Returns:
        dict from layer to float32 `(sounds, features)`; with `"windows"` to a list of
        `(windows, features)`, with `"none"` to a list of `(steps, channels)`, or of
        `(steps, bands, channels)` with `keep_bands`.

    Raises:
        InputError: if a layer or a pooling is not there, with the nearest names, a sound cannot be
            read, or what a layer answers is not finite.
    """
    if pooling not in _POOLING:
        raise InputError(unknown("There is", "pooling", pooling, list(_POOLING)))
    if not len(sounds):
        raise InputError("Expected sounds, at least one. Received: none")
    heard = _network(model, layers)
    rate = known_sample_rate(model)
    found = {layer: [] for layer in layers}
    for number, sound in enumerate(tqdm(sounds, "activations", unit="clip", disable=not progress)):
        waveform = _fitted(_waveform(sound, rate), seconds and round(seconds * rate))
        pieces = [heard.predict_on_batch(x) for x in prepare_pieces(model, waveform, family)]
        named = sound if isinstance(sound, str | os.PathLike) else f"sound {number}"
        for layer in layers:
            steps = np.concatenate([_steps(piece[layer], keep_bands) for piece in pieces])
            if not np.isfinite(steps).all():
                raise InputError(
                    f"What {layer!r} answers to {named} is not finite. Check the model's weights."
                )
            found[layer].append(_POOLING[pooling](steps))
    if pooling in ("windows", "none"):
        return found
    return {layer: np.stack([each.reshape(-1) for each in rows]) for layer, rows in found.items()}


def windows(steps):
    """Cuts activations into windows of a tenth of their steps, every half of it, and flattens them.

    So SoundNet's authors read ESC-50: seconds of clips of 10 s, whose scores are averaged.

    Args:
        steps: float32 `(steps, …)`.

    Returns:
        float32 `(windows, features)`.
    """
    length = int(np.ceil(WINDOW_SHARE * len(steps)))
    starts = range(0, len(steps) - length + 1, max(1, length // 2))
    return np.stack([steps[start : start + length].reshape(-1) for start in starts])


def check_layers(model, layers):
    """Checks that layers can be read.

    Args:
        model: `keras.Model`, functional.
        layers: sequence of str.

    Raises:
        InputError: if one is not there, with the nearest names, or has not one output whose
            number of channels is known.
    """
    names = [layer.name for layer in model.layers]
    for layer in layers:
        if layer not in names:
            raise InputError(unknown(f"{model.name} has", "layer", layer, names))
        shape = getattr(model.get_layer(layer).output, "shape", (None,))
        if len(shape) not in (2, 3, 4) or shape[-1] is None:
            raise InputError(
                f"Expected a layer with one output of (…, channels). {layer!r} gives {shape}."
            )


def _network(model, layers):
    """A model from waveforms to a dict of what layers put out."""
    check_layers(model, layers)
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 2:
        raise InputError(
            "Expected a model from waveforms (batch, samples). "
            f"{model.name} takes {', '.join(str(x.shape) for x in model.inputs)}."
        )
    try:
        return keras.Model(model.inputs[0], {name: model.get_layer(name).output for name in layers})
    except ValueError:
        raise InputError(
            f"Not all of {', '.join(layers)} follow from the input of {model.name}. Name others."
        ) from None


def _waveform(sound, rate):
    if isinstance(sound, str | os.PathLike):
        return load(sound, rate)
    waveform = np.asarray(sound, "float32")
    waveform = waveform[None] if waveform.ndim == 1 else waveform
    if waveform.ndim != 2 or len(waveform) != 1 or not waveform.size:
        raise InputError(f"Expected waveforms (samples,) or (1, samples). Got: {np.shape(sound)}")
    return waveform


def _fitted(waveform, num_samples):
    """A waveform cut or repeated to a length, if there is one."""
    if not num_samples:
        return waveform
    repeats = -(-num_samples // waveform.shape[1])
    return np.tile(waveform, (1, repeats))[:, :num_samples]


def _place(x):
    """The middle of the time step of the maximum, as a part of the sound."""
    return ((x.argmax(axis=0) + 0.5) / len(x)).astype("float32")


def _steps(x, keep_bands):
    """Activations of one sound, or of its patches, with all time steps first."""
    x = np.asarray(x, "float32")
    if x.ndim > 2:  # (1 or patches, steps, …)
        x = x.reshape(-1, *x.shape[2:])
    return x if keep_bands or x.ndim == 2 else x.reshape(-1, x.shape[-1])
