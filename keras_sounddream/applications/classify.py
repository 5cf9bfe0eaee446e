"""Classification of sound files of any length."""

import types
from typing import Any

import keras
import numpy as np

from keras_sounddream.applications import decoding, preprocessing, yamnet
from keras_sounddream.applications.base import AudioModel
from keras_sounddream.applications.yamnet.patches import Patches
from keras_sounddream.audio.io import load
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike

_PIECE_SECONDS = 60.0
_MIN_SECONDS = 0.1  # for a model whose own least length is not known


def classify_file(
    model: keras.Model, path: PathLike, top: int = 5, family: types.ModuleType | None = None
) -> list[tuple[int, str, float]]:
    """Names the likeliest classes of a sound file, by the model's own labels.

    Sounds longer than a minute are scored in pieces of equal length, at most a minute each, and
    the scores averaged, so that memory does not grow with the length. A model that takes only one
    length gets pieces of that length, the last of them reaching back, or a short sound repeated.

    Args:
        model: from waveforms to scores, with a `sample_rate` or a `LogMelSpectrogram` and, if its
            classes have names, `labels`.
        path: of a sound file.
        top: how many classes to name.
        family: module of `applications` whose `preprocess_input` is used for a model that has
            none; `None` for a model of one's own.

    Returns:
        list of `(index, label, score)`, highest first.

    Raises:
        InputError: if the file cannot be read or the model's sample rate is not known.
    """
    check_classifier(model)
    scores = score_waveform(model, load(path, known_sample_rate(model)), family)
    return name_scores(model, scores, top)


def check_classifier(model: keras.Model) -> None:
    """Raises an `InputError` if a model does not go from waveforms to scores."""
    if (
        len(model.inputs) != 1
        or len(model.inputs[0].shape) != 2
        or len(model.outputs[0].shape) != 2
    ):
        raise InputError(
            "Expected a model from waveforms (batch, samples) to scores (batch, classes). "
            f"{model.name} goes from {model.inputs[0].shape} to {model.outputs[0].shape}."
        )


def name_scores(model: keras.Model, scores: Array, top: int = 5) -> list[tuple[int, str, float]]:
    """The likeliest classes of one sound, scored `(1, classes)`, by label or else by number."""
    return decoding.decode(scores, getattr(model, "labels", None) or None, top)[0]


def score_waveform(
    model: keras.Model, waveform: Array, family: types.ModuleType | None = None
) -> Any:
    """Scores `(1, classes)` of one sound `(1, samples)`, the mean over its pieces."""
    pieces = prepare_pieces(model, waveform, family)
    return np.mean([model.predict_on_batch(piece) for piece in pieces], axis=0)


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
        return _fixed_pieces(waveform, length)
    if family is None and any(isinstance(x, Patches) for x in model._flatten_layers()):
        family = yamnet  # the model is one, or is made from one
    if isinstance(model, AudioModel) and model.lengths is not None:
        waveform = model.preprocess_input(waveform, rate)
    elif family is not None:
        waveform = family.preprocess_input(waveform, rate)
    else:
        waveform = preprocessing.prepare(waveform, rate, rate, _MIN_SECONDS)
    count = -(-waveform.shape[1] // round(_PIECE_SECONDS * rate))
    return np.array_split(waveform, count, axis=1)


def _fixed_pieces(waveform, length):
    repeats = -(-length // waveform.shape[1])
    waveform = np.tile(waveform, (1, repeats)) if repeats > 1 else waveform
    last = waveform.shape[1] - length
    starts = [*range(0, last, length), last] if repeats == 1 else [0]
    return [waveform[:, start : start + length] for start in starts]
