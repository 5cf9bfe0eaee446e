"""Classification of sound files of any length."""

import types
from typing import Any

import keras
import numpy as np

from keras_sounddream.applications import decoding
from keras_sounddream.applications.pieces import known_sample_rate, prepare_pieces
from keras_sounddream.applications.sound_scores import SoundScores, check_scoring, score_sound
from keras_sounddream.audio.io import load
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike


def classify_file(
    model: keras.Model, path: PathLike, top: int = 5, family: types.ModuleType | None = None
) -> Any:
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
        list of `(index, label, score)`, highest first; for a model of several outputs a dict of
        such by their names. Scores with a time axis are averaged over it.

    Raises:
        InputError: if the file cannot be read or the model's sample rate is not known.
    """
    scores = score_file(model, path, family)
    named = {name: one.best(top) for name, one in scores.items()}
    return named.get(None, named)


def score_file(
    model: keras.Model,
    path: PathLike,
    family: types.ModuleType | None = None,
    by_step: bool = False,
) -> dict[str | None, SoundScores]:
    """Scores a sound file, as a whole and in time: see `score_sound` and `classify_file`."""
    check_scoring(model)
    return score_sound(model, load(path, known_sample_rate(model)), family, by_step)


def check_classifier(model: keras.Model) -> None:
    """Raises an `InputError` if a model does not go from waveforms to one score per class."""
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
