"""Classifies sound files of any length."""

import numpy as np

import keras_sounddream.applications.base as _common
from keras_sounddream.applications import yamnet
from keras_sounddream.applications.yamnet.patches import Patches
from keras_sounddream.audio.io import load
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.errors import InputError

_PIECE_SECONDS = 60.0
_MIN_SECONDS = 0.1  # of a model from a file, whose own least length is not known


def classify_file(model, path, top=5, family=None):
    """Names the likeliest classes of a sound file.

    Sounds longer than a minute are scored in pieces of equal length, at most a minute each, and
    the scores averaged, so that memory does not grow with the length. A model that takes but one
    length gets pieces of that length, the last of them reaching back, or a short sound repeated.

    Args:
        model: `keras.Model` from waveforms to scores, with a `sample_rate` or a
            `LogMelSpectrogram` and, if its classes have names, `labels`.
        path: str or path of a sound file.
        top: int, how many classes to name.
        family: module of `applications` that `model` is of; `None` for a model of one's own.

    Returns:
        list of `(index, label, score)`, highest first.

    Raises:
        InputError: if the file cannot be read or the model's sample rate is not known.
    """
    check_classifier(model)
    return name_scores(
        model, score_waveform(model, load(path, known_sample_rate(model)), family), top
    )


def check_classifier(model):
    """Checks that a model goes from waveforms to scores.

    Args:
        model: `keras.Model`.

    Raises:
        InputError: if it does not.
    """
    if (
        len(model.inputs) != 1
        or len(model.inputs[0].shape) != 2
        or len(model.outputs[0].shape) != 2
    ):
        raise InputError(
            "Expected a model from waveforms (batch, samples) to scores (batch, classes). "
            f"{model.name} goes from {model.inputs[0].shape} to {model.outputs[0].shape}."
        )


def name_scores(model, scores, top=5):
    """Names the likeliest classes of one sound; classes without labels by their number.

    Args:
        model: `keras.Model`, with `labels` or without.
        scores: float32 `(1, classes)`.
        top: int, how many classes to name.

    Returns:
        list of `(index, label, score)`, highest first.
    """
    labels = getattr(model, "labels", None) or [str(i) for i in range(scores.shape[1])]
    return _common.decode(scores, labels, top)[0]


def score_waveform(model, waveform, family=None):
    """Scores one sound, piece by piece where it is long.

    Args:
        model: `keras.Model` from waveforms to scores.
        waveform: float32 `(1, samples)` at the model's rate.
        family: as of `classify_file`.

    Returns:
        float32 `(1, classes)`, the mean over the pieces.
    """
    pieces = prepare_pieces(model, waveform, family)
    return np.mean([model.predict_on_batch(piece) for piece in pieces], axis=0)


def known_sample_rate(model):
    """Finds the rate of the waveforms that a model takes.

    Args:
        model: `keras.Model`.

    Returns:
        int, Hz.

    Raises:
        InputError: if it is not known.
    """
    rate = find_sample_rate(model)
    if rate is None:
        raise InputError(
            f"The sample rate of {model.name} is not known. Begin it with a LogMelSpectrogram."
        )
    return rate


def prepare_pieces(model, waveform, family=None):
    """Brings one sound to the lengths that a model takes, at most a minute each.

    Args:
        model: `keras.Model` from waveforms.
        waveform: float32 `(1, samples)` at the model's rate.
        family: module of `applications` that `model` is of; `None` for a model of one's own.

    Returns:
        list of float32 `(1, samples)`.
    """
    rate, length = known_sample_rate(model), model.inputs[0].shape[1]
    if length is not None:
        return _pieces_of(waveform, length)
    if family is None and any(isinstance(x, Patches) for x in model._flatten_layers()):
        family = yamnet  # of which the model is, or is made
    if family is None:
        waveform = _common.prepare(waveform, rate, rate, _MIN_SECONDS)
    else:
        waveform = family.preprocess_input(waveform, rate)
    count = -(-waveform.shape[1] // round(_PIECE_SECONDS * rate))
    return np.array_split(waveform, count, axis=1)


def _pieces_of(waveform, length):
    repeats = -(-length // waveform.shape[1])
    waveform = np.tile(waveform, (1, repeats)) if repeats > 1 else waveform
    last = waveform.shape[1] - length
    starts = [*range(0, last, length), last] if repeats == 1 else [0]
    return [waveform[:, start : start + length] for start in starts]
