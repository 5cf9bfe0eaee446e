"""What every constructor does: check, settle the input, close the network, load, decode."""

import pathlib

import keras
import numpy as np
from keras import layers

import keras_sounddream.applications.weights as _weights
from keras_sounddream.audio.io import resample, to_mono
from keras_sounddream.errors import InputError

_POOLING = {  # by the rank of what is pooled
    None: None,
    "avg": {3: layers.GlobalAveragePooling1D, 4: layers.GlobalAveragePooling2D},
    "max": {3: layers.GlobalMaxPooling1D, 4: layers.GlobalMaxPooling2D},
}
TOP = "predictions"


@keras.saving.register_keras_serializable(package="keras_sounddream")
class AudioModel(keras.Model):
    """A functional Keras model that knows its sample rate and its labels, and saves them.

    Attributes:
        sample_rate: int, Hz, of the waveforms it takes.
        labels: tuple of str, one a class; a dict of such, from the name of an output, of a model
            that has several; or `None`.
    """

    sample_rate = None
    labels = None

    def get_config(self):
        labels = _each_labels(list, self.labels)
        return {**super().get_config(), "sample_rate": self.sample_rate, "labels": labels}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        sample_rate, labels = config.pop("sample_rate"), config.pop("labels")
        model = super().from_config(config, custom_objects=custom_objects)
        return describe(model, sample_rate, labels)


def describe(model, sample_rate, labels):
    """Tells an `AudioModel` its sample rate and labels.

    Args:
        model: `AudioModel`.
        sample_rate: int, Hz.
        labels: sequence of str, `None`, or a dict of such from the names of outputs.

    Returns:
        `model`.
    """
    model.sample_rate = sample_rate
    model.labels = _each_labels(tuple, labels)
    return model


def _each_labels(kind, labels):
    if isinstance(labels, dict):
        return {output: kind(names) for output, names in labels.items()}
    return None if labels is None else kind(labels)


def check_arguments(include_top, weights, pooling, classes, labels, pretrained):
    """Checks what the shared contract's arguments say of each other.

    Args:
        include_top: bool.
        weights: `None`, key of `pretrained`, or path.
        pooling: `None`, `"avg"` or `"max"`.
        classes: int.
        labels: sequence of str, or `None`.
        pretrained: dict, the family's `PRETRAINED`.

    Returns:
        tuple of str, the labels that the model will have, or `None`.

    Raises:
        InputError: if they do not fit.
    """
    if pooling not in _POOLING:
        raise InputError(f"`pooling` must be one of {list(_POOLING)}. Received: {pooling!r}")
    if isinstance(classes, bool) or not (isinstance(classes, int) and classes > 0):
        raise InputError(f"`classes` must be an int above 0. Received: {classes!r}")
    if isinstance(labels, str):
        raise InputError(f"`labels` must be a list of str, one a class. Received: {labels!r}")
    stored = _weights.stored_labels(weights) if include_top else None
    if stored is not None and len(stored) != classes:
        raise InputError(
            f"{weights} is of {len(stored)} classes: {', '.join(stored)}. "
            f"Give classes={len(stored)}."
        )
    labels = stored if labels is None else labels
    if labels is not None and len(labels) != classes:
        raise InputError(f"Expected {classes} `labels`, one a class. Received: {len(labels)}")
    if not include_top or weights not in pretrained:
        return None if labels is None or not include_top else tuple(labels)
    known = read_labels(pretrained[weights]["labels"])
    if classes != len(known):
        raise InputError(
            f"`classes` must be {len(known)} with `weights={weights!r}` and `include_top=True`. "
            f"Received: {classes}"
        )
    return tuple(known if labels is None else labels)


def settle_input(input_tensor, input_shape, name):
    """Makes the model's input, or takes the one given.

    Args:
        input_tensor: Keras tensor, or `None` to make an input of `input_shape`.
        input_shape: tuple of int or `None`, without the batch.
        name: str, of the input to make.

    Returns:
        Keras tensor.

    Raises:
        InputError: if `input_tensor` is not a Keras tensor or has another rank.
    """
    if input_tensor is None:
        return keras.Input(input_shape, name=name)
    if not keras.backend.is_keras_tensor(input_tensor):
        raise InputError(f"`input_tensor` must be a Keras tensor. Received: {type(input_tensor)}")
    if len(input_tensor.shape) != len(input_shape) + 1:
        raise InputError(
            f"Expected an `input_tensor` of shape (batch, *{input_shape}). "
            f"Received: {input_tensor.shape}"
        )
    return input_tensor


def pool(x, pooling):
    """Ends a network without a top.

    Args:
        x: Keras tensor `(batch, frames, channels)` or `(batch, frames, bands, channels)`.
        pooling: `None`, `"avg"` or `"max"`.

    Returns:
        `x`, or `(batch, channels)` where it is pooled.
    """
    kinds = _POOLING[pooling]
    return x if kinds is None else kinds[len(x.shape)](name=f"{pooling}_pool")(x)


def finish(
    inputs,
    x,
    name,
    sample_rate,
    labels,
    weights,
    pretrained,
    tops=(f"{TOP}/",),
    layouts=(),
    adapt=None,
):
    """Closes the model and loads its weights.

    Args:
        inputs: Keras tensor.
        x: Keras tensor, the output.
        name: str.
        sample_rate: int, Hz; `None` of a model that takes pictures.
        labels: tuple of str, or `None`.
        weights: `None`, key of `pretrained`, or path.
        pretrained: dict, the family's `PRETRAINED`.
        tops: sequence of str, as of `_weights.load`.
        layouts: sequence of dicts, as of `_weights.load`.
        adapt: function, as of `_weights.load`.

    Returns:
        `AudioModel`.
    """
    model = describe(AudioModel(inputs, x, name=name), sample_rate, labels)
    if weights is not None:
        path = _weights.pretrained_path(weights, pretrained)
        _weights.load(model, path, tops, layouts, adapt)
    return model


def prepare(waveform, sample_rate, model_rate, min_seconds, step_seconds=None):
    """Brings sound to a model's rate, to one channel and to its least length.

    Args:
        waveform: float array `(samples,)`, `(batch, samples)` or `(batch, samples, channels)`.
        sample_rate: int, Hz, of `waveform`.
        model_rate: int, Hz.
        min_seconds: float; shorter sounds are repeated to this length.
        step_seconds: float; longer ones begin again until they exceed it by a whole number of
            these steps. `None` to leave them as long as they are.

    Returns:
        float32 `(batch, samples)`, a new array.

    Raises:
        InputError: if `waveform` is empty, has another rank, is not finite or not of numbers, or
            holds integers beyond [-1, 1], or if a rate is not a number above 0.
    """
    given = numbers(waveform, "a waveform")
    waveform = given.astype("float32")
    if waveform.ndim == 1:
        waveform = waveform[None]
    if waveform.ndim == 3 and waveform.size:
        waveform = to_mono(waveform)
    if waveform.ndim != 2 or not waveform.size:
        raise InputError(
            "Expected a waveform (samples,), (batch, samples) or (batch, samples, channels). "
            f"Received shape: {np.shape(waveform)}"
        )
    if not np.isfinite(waveform).all():
        raise InputError("Expected a waveform of finite numbers. It holds some that are not.")
    if given.dtype.kind in "iu" and np.abs(waveform).max() > 1:
        raise InputError(
            f"Expected a waveform in [-1, 1]. Received {given.dtype}, up to "
            f"{np.abs(waveform).max():g}: divide by the most that it can hold, 32768 of int16."
        )
    waveform = resample(waveform, sample_rate, model_rate)
    least, num_samples = round(min_seconds * model_rate), waveform.shape[1]
    length = max(least, num_samples)
    if step_seconds is not None:
        step = round(step_seconds * model_rate)
        length = least + -(-(length - least) // step) * step
    repeats = -(-length // num_samples)
    return np.tile(waveform, (1, repeats))[:, :length] if repeats > 1 else waveform


def numbers(values, expected):
    """Makes an array of what should be numbers.

    Args:
        values: array, or lists of numbers.
        expected: str, what it is called in the error.

    Returns:
        array of real numbers, not a copy of one.

    Raises:
        InputError: if it is something else, such as a path or lists of different lengths.
    """
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        array = np.array(None)
    if array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
        raise InputError(
            f"Expected {expected}, an array of numbers. Received: {type(values).__name__}"
        )
    return array


def decode(scores, labels, top, default=None):
    """Names the highest scores.

    Args:
        scores: float array `(batch, classes)`.
        labels: sequence of str, one a class, or `None`.
        top: int above 0, how many.
        default: str, the file in `labels/` to read where `labels` is `None`.

    Returns:
        For each example a list of `(index, label, score)`, highest first.

    Raises:
        InputError: if `scores` does not have a column a label, or `top` is no int above 0.
    """
    scores = numbers(scores, "scores")
    labels = read_labels(default) if labels is None else [str(label) for label in labels]
    if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
        raise InputError(f"`top` must be an int above 0. Received: {top!r}")
    if scores.ndim != 2 or scores.shape[1] != len(labels):
        raise InputError(
            f"Expected scores of shape (batch, {len(labels)}). Received: {scores.shape}"
        )
    order = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return [
        [(int(i), labels[i], float(row[i])) for i in best]
        for row, best in zip(scores, order, strict=True)
    ]


def read_labels(name):
    """Reads the labels of a data set.

    Args:
        name: str, file in `labels/`, one class a line.

    Returns:
        tuple of str.
    """
    path = pathlib.Path(__file__).parent / "labels" / name
    return tuple(path.read_text(encoding="utf-8").split("\n")[:-1])
