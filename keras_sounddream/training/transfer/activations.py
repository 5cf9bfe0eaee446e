"""Activations of an audio model's layers: an array per sound, pooled over time."""

import os
import types
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.applications.base import AudioModel, describe
from keras_sounddream.applications.pieces import known_sample_rate, part_lengths, prepare_pieces
from keras_sounddream.audio.io import load
from keras_sounddream.deepdream.network.lookup import find_call
from keras_sounddream.errors import InputError, unknown_name
from keras_sounddream.types import Array, PathLike

WINDOW_SHARE = 0.1  # of a sound's time steps; a second of ten

_POOLING = {
    "mean": lambda x: x.mean(axis=0),
    "max": lambda x: x.max(axis=0),
    "mean+std": lambda x: np.concatenate([x.mean(axis=0), x.std(axis=0)], axis=-1),
    "mean+max": lambda x: np.concatenate([x.mean(axis=0), x.max(axis=0)], axis=-1),
    "mean+max+place": lambda x: np.concatenate(
        [x.mean(axis=0), x.max(axis=0), _position(x)], axis=-1
    ),
    "windows": lambda x: windows(x),
    "none": lambda x: x,
}
POOLINGS = tuple(_POOLING)
UNEVEN = ("windows", "none")  # those whose features are as many as the sound is long


def layer_activations(
    model: keras.Model,
    layer: str,
    sounds: Sequence[PathLike | Array],
    pooling: str = "mean",
    **options: Any,
) -> Array | list[Array]:
    """Computes the activations of one layer for sounds.

    Args:
        model: see `activations`.
        layer: name of a layer.
        sounds: see `activations`.
        pooling: see `activations`.
        **options: of `activations`.

    Returns:
        float32 `(sounds, features)`; with `"windows"` or `"none"` a list, see `activations`.

    Raises:
        InputError: if the layer, the pooling or a sound does not fit, see `activations`.
    """
    return activations(model, [layer], sounds, pooling, **options)[layer]


def activations(
    model: keras.Model,
    layers: Sequence[str],
    sounds: Sequence[PathLike | Array],
    pooling: str = "mean",
    *,
    family: types.ModuleType | None = None,
    seconds: float | None = None,
    keep_bands: bool = False,
    progress: bool = True,
) -> dict[str, Array | list[Array]]:
    """Computes the activations of layers for sounds, each sound by itself.

    A layer's time steps are its frames, or those of all patches one after the other where a model
    cuts sounds into patches.

    Args:
        model: from waveforms, functional, whose sample rate is known.
        layers: names of layers.
        sounds: paths of sound files, or float32 waveforms `(samples,)` or `(1, samples)` at the
            model's rate.
        pooling: over time: `"mean"`, `"max"`, `"mean+std"`, `"mean+max"`; `"mean+max+place"` adds
            the position of the maximum, from 0 for the start of the sound to 1; `"windows"` for
            windows of a tenth of the time steps, flattened, see `windows`; `"none"` for all steps.
        family: module of `applications` that `model` is of, which brings sounds to their least
            length; `None` for a model of one's own.
        seconds: to which each sound is cut or, from its start, repeated; `None` for its own length.
        keep_bands: whether each frequency row of a layer stays apart; `False` to pool over them as
            over time.
        progress: whether to show a progress bar.

    Returns:
        dict from layer to float32 `(sounds, features)`; with `"windows"` to a list of
        `(windows, features)`, with `"none"` to a list of `(steps, channels)`, or of
        `(steps, bands, channels)` with `keep_bands`.

    Raises:
        InputError: if a layer or a pooling is not there, with the nearest names, a sound cannot be
            read, or an activation is not finite.
    """
    if not len(sounds):
        raise InputError("Expected sounds, at least one. Received: none")
    read = reader(model, layers, pooling, family=family, seconds=seconds, keep_bands=keep_bands)
    pooled = {layer: [] for layer in layers}
    for number, sound in enumerate(tqdm(sounds, "activations", unit="clip", disable=not progress)):
        name = sound if isinstance(sound, str | os.PathLike) else f"sound {number}"
        for layer, values in read(sound, str(name)).items():
            pooled[layer].append(values)
    if pooling in UNEVEN:
        return pooled
    return {layer: np.stack([row.reshape(-1) for row in rows]) for layer, rows in pooled.items()}


def reader(
    model: keras.Model,
    layers: Sequence[str],
    pooling: str = "mean",
    *,
    family: types.ModuleType | None = None,
    seconds: float | None = None,
    keep_bands: bool = False,
) -> Callable[[PathLike | Array, str], dict[str, Array]]:
    """Makes a function from one sound, and its name for errors, to the activations of layers.

    Args:
        model: see `activations`, as the rest.
        layers: names of layers.
        pooling: over time.
        family: module of `applications` that `model` is of.
        seconds: to which each sound is cut or repeated.
        keep_bands: whether each frequency row of a layer stays apart.

    Returns:
        function to a dict from layer to float32 `(features,)`, or `(bands, features)` with
        `keep_bands`; see `activations` for `"windows"` and `"none"`, and for errors.

    Raises:
        InputError: if a layer or a pooling is not there.
    """
    if pooling not in _POOLING:
        raise InputError(unknown_name("There is", "pooling", pooling, list(_POOLING)))
    rate = known_sample_rate(model)
    network = _network(model, layers, rate)

    def read(sound: PathLike | Array, name: str) -> dict[str, Array]:
        waveform = _fitted(_waveform(sound, rate), seconds and round(seconds * rate))
        outputs = [network.predict_on_batch(x) for x in prepare_pieces(network, waveform, family)]
        pooled = {}
        for layer in layers:
            steps = np.concatenate([_steps(output[layer], keep_bands) for output in outputs])
            if not np.isfinite(steps).all():
                raise InputError(
                    f"The activations of {layer!r} for {name} are not finite. Check the model's "
                    "weights."
                )
            pooled[layer] = _POOLING[pooling](steps)
        return pooled

    return read


def windows(steps: Array) -> Array:
    """Windows of a tenth of the steps, every half of it, flattened: `(windows, features)`.

    SoundNet's authors read ESC-50 so: seconds of clips of 10 s, whose scores are averaged.
    """
    length = int(np.ceil(WINDOW_SHARE * len(steps)))
    starts = range(0, len(steps) - length + 1, max(1, length // 2))
    return np.stack([steps[start : start + length].reshape(-1) for start in starts])


def check_layers(model: keras.Model, layers: Sequence[str]) -> None:
    """Raises an `InputError` if a layer is not there or has not one output of known channels."""
    for layer in layers:
        shape = getattr(find_call(model, layer).output, "shape", (None,))
        if len(shape) not in (2, 3, 4) or shape[-1] is None:
            raise InputError(
                f"Expected a layer with one output of (…, channels). {layer!r} gives {shape}."
            )


def _network(model, layers, rate):
    """A model from waveforms to a dict of the layers' outputs, which knows its rate and lengths."""
    check_layers(model, layers)
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 2:
        raise InputError(
            "Expected a model from waveforms (batch, samples). "
            f"{model.name} takes {', '.join(str(x.shape) for x in model.inputs)}."
        )
    outputs = {name: find_call(model, name).output for name in layers}
    network = AudioModel(model.inputs[0], outputs, name=model.name)
    return describe(network, rate, None, part_lengths(model, network))


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


def _position(x):
    """The middle of the time step of the maximum, from 0 to 1 in the sound."""
    return ((x.argmax(axis=0) + 0.5) / len(x)).astype("float32")


def _steps(x, keep_bands):
    """Activations of one sound, or of its patches, with all time steps first."""
    x = np.asarray(x, "float32")
    if x.ndim > 2:  # (1 or patches, steps, …)
        x = x.reshape(-1, *x.shape[2:])
    return x if keep_bands or x.ndim == 2 else x.reshape(-1, x.shape[-1])
