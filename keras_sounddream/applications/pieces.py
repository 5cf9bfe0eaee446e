"""Pieces of one sound in the lengths that a model takes."""

import types
from typing import Any

import keras
import numpy as np

from keras_sounddream.applications import preprocessing, yamnet
from keras_sounddream.applications.base import AudioModel
from keras_sounddream.applications.soundnet import model as soundnet
from keras_sounddream.applications.soundnet.network import LongEnough
from keras_sounddream.applications.yamnet.patches import Patches
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

_PIECE_SECONDS = 60.0
_MIN_SECONDS = 0.1  # for a model whose own least length is not known
_WINDOW_SECONDS = 1.0  # at least, of windows that are scored one by one
_NEW_SHARE = 0.05  # of the last window, at least, that the one before does not have


def known_sample_rate(model: keras.Model) -> int:
    """The rate, Hz, of the waveforms that a model takes; an `InputError` if it is not known."""
    rate = find_sample_rate(model)
    if rate is None:
        raise InputError(
            f"The sample rate of {model.name} is not known. Begin it with a LogMelSpectrogram."
        )
    return rate


def prepare_pieces(
    model: keras.Model, waveform: Array, family: types.ModuleType | None = None
) -> list[Array]:
    """One sound `(1, samples)` in the lengths that a model takes, at most a minute each."""
    rate, length = known_sample_rate(model), model.inputs[0].shape[1]
    if length is not None:
        starts, waveform = _starts(preprocessing.prepare(waveform, rate, rate, 0), length)
        return [waveform[:, start : start + length] for start in starts]
    waveform = _prepared(model, waveform, family)
    count = -(-waveform.shape[1] // round(_PIECE_SECONDS * rate))
    return np.array_split(waveform, count, axis=1)


def part_lengths(model: keras.Model, part: keras.Model) -> dict[str, Any] | None:
    """`AudioModel.lengths` of a part of a model; for SoundNet below its heads, of features."""
    has_heads = [
        any(isinstance(x, LongEnough) for x in net._flatten_layers()) for net in (model, part)
    ]
    if has_heads == [True, False]:
        return soundnet.FEATURE_LENGTHS
    return getattr(model, "lengths", None)


def windows(
    model: keras.Model, waveform: Array, family: types.ModuleType | None = None
) -> tuple[list[int], Array]:
    """Windows of one sound `(1, samples)`, each of the least length that a model takes.

    That is its only length, or else at least a second (a patch of YAMNet's).

    Returns:
        `(starts, batch)`: the first sample of each, and float32 `(windows, samples)`.
    """
    rate, length = known_sample_rate(model), model.inputs[0].shape[1]
    waveform = preprocessing.prepare(waveform, rate, rate, 0)
    if length is None:
        lengths = getattr(model, "lengths", None) or {}
        least = lengths.get("min_seconds", 0)
        is_patch = lengths.get("step_seconds") is not None
        length = round(rate * (least if is_patch else max(least, _WINDOW_SECONDS)))
    starts, waveform = _starts(waveform, length)
    if len(starts) > 2 and starts[-1] - starts[-2] < _NEW_SHARE * length:
        del starts[-2]
    batch = np.concatenate([waveform[:, start : start + length] for start in starts])
    if model.inputs[0].shape[1] is None:
        batch = _prepared(model, batch, family)
    return starts, batch


def _prepared(model, waveform, family):
    """Sounds as a model's own or its family's preprocessing makes them."""
    rate = known_sample_rate(model)
    if family is None and any(isinstance(x, Patches) for x in model._flatten_layers()):
        family = yamnet  # the model is one, or is made from one
    if isinstance(model, AudioModel) and model.lengths is not None:
        return model.preprocess_input(waveform, rate)
    if family is not None:
        return family.preprocess_input(waveform, rate)
    return preprocessing.prepare(waveform, rate, rate, _MIN_SECONDS)


def _starts(waveform, length):
    """First samples of pieces of one length, the last reaching back; and the sound, repeated."""
    repeats = -(-length // waveform.shape[1])
    if repeats > 1:
        return [0], np.tile(waveform, (1, repeats))
    last = waveform.shape[1] - length
    return [*range(0, last, length), last], waveform
