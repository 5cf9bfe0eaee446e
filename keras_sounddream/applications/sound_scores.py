"""Scores of a sound of any length by every output of a model: of the whole, and step by step."""

import dataclasses
import types
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_sounddream.applications import decoding
from keras_sounddream.applications.pieces import known_sample_rate, prepare_pieces, windows
from keras_sounddream.applications.soundnet.frames import frame_times
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

_TOGETHER = 32  # windows in a batch


@dataclasses.dataclass(frozen=True)
class SoundScores:
    """Scores of one sound by one output of a model.

    Attributes:
        labels: of the classes; `None` for numbers.
        whole: float32 `(classes,)`, the mean over the sound.
        steps: float32 `(steps, classes)`.
        times: float64 `(steps, 2)`, seconds: the part of the sound that each step depends on.
    """

    labels: Sequence[str] | None
    whole: Array
    steps: Array
    times: Array

    def best(self, top: int) -> list[tuple[int, str, float]]:
        """The likeliest classes of the whole sound: `(index, label, score)`, highest first."""
        return decoding.decode(self.whole[np.newaxis], self.labels, top)[0]

    def best_of_steps(self, top: int) -> list[tuple[float, float, list[tuple[int, str, float]]]]:
        """`(start, end, best)` of each step, seconds, and `best` as of the whole sound."""
        named = decoding.decode(self.steps, self.labels, top)
        return [
            (float(start), float(end), best)
            for (start, end), best in zip(self.times, named, strict=True)
        ]


def check_scoring(model: keras.Model) -> None:
    """Raises an `InputError` if a model does not go from waveforms to scores of classes."""
    if hasattr(model, "plan"):
        raise InputError(
            f"{model.name} predicts the next sample, and names no classes: it is for `generate`."
        )
    takes_sounds = len(model.inputs) == 1 and _takes_waveforms(model.inputs[0].shape)
    if not takes_sounds or any(len(output.shape) not in (2, 3) for output in model.outputs):
        raise InputError(
            "Expected a model from waveforms (batch, samples) to scores (batch, classes) or "
            f"(batch, steps, classes). {model.name} goes from {_shapes(model.inputs)} to "
            f"{_shapes(model.outputs)}."
        )


def score_sound(
    model: keras.Model,
    waveform: Array,
    family: types.ModuleType | None = None,
    by_step: bool = False,
) -> dict[str | None, SoundScores]:
    """Scores one sound by each output of a model.

    Steps are those of the outputs' own time axis. Only if `by_step`, a model without one scores
    windows: as long as the shortest sound that it takes, at least a second, one after another,
    the last of them reaching back.

    Args:
        model: as `check_scoring` takes it.
        waveform: float32 `(1, samples)` at the model's rate.
        family: module of `applications`, see `classify.classify_file`.
        by_step: whether windows are scored where there is no time axis.

    Returns:
        dict from the name of the output, `None` if there is only one, to `SoundScores`.

    Raises:
        InputError: if the model's rate is not known, or a score is not finite.
    """
    seconds = waveform.shape[1] / known_sample_rate(model)
    by_piece = [
        (start, length, _outputs(model, piece))
        for start, length, piece in _timed_pieces(model, waveform, family)
    ]
    scores = {}
    for number, (name, output) in enumerate(zip(_names(model), model.outputs, strict=True)):
        layer = output._keras_history.operation.name
        steps = np.concatenate([outputs[number] for _, _, outputs in by_piece])
        times = [
            start + _times(model, layer, len(outputs[number]), length)
            for start, length, outputs in by_piece
        ]
        whole, spans = steps.mean(axis=0), np.concatenate(times)
        if by_step and len(output.shape) == 2:
            steps, spans = _window_scores(model, waveform, family, number)
        steps, spans = _within(steps, spans, seconds)
        scores[name] = SoundScores(_labels(model, name, len(whole)), whole, steps, spans)
    return scores


def _takes_waveforms(shape):
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] == 1)


def _shapes(tensors):
    return ", ".join(str(tuple(tensor.shape)) for tensor in tensors)


def _names(model):
    """A name for each of `model.outputs`: keys of a dict, else layers; `None` if there is one."""
    if len(model.outputs) == 1:
        return [None]
    if isinstance(model.output, Mapping):
        return sorted(model.output)
    return [output._keras_history.operation.name for output in model.outputs]


def _labels(model, name, width):
    """The labels of an output, if they are as many as its classes."""
    labels = getattr(model, "labels", None)
    labels = labels.get(name) if isinstance(labels, Mapping) else labels
    return list(labels) if labels is not None and len(labels) == width else None


def _timed_pieces(model, waveform, family):
    """`(start, length, piece)` of each piece of a sound, the first two in seconds."""
    rate, start = known_sample_rate(model), 0
    for piece in prepare_pieces(model, waveform, family):
        length = piece.shape[1]
        if start + length > waveform.shape[1] and model.inputs[0].shape[1] is not None:
            start = max(0, waveform.shape[1] - length)  # the last one reaches back
        yield start / rate, length / rate, piece
        start += length


def _outputs(model, batch: Array) -> list[Any]:
    """Each output for one piece: float32 `(steps, classes)`, one step if it has no time axis."""
    batch = batch[..., np.newaxis] if len(model.inputs[0].shape) == 3 else batch
    predicted = keras.tree.flatten(model.predict_on_batch(batch))
    outputs = [np.asarray(output, "float32") for output in predicted]
    if not all(np.isfinite(output).all() for output in outputs):
        raise InputError(
            f"The scores of {model.name} are not finite. Check its weights and the sound's level."
        )
    return [output.reshape(-1, output.shape[-1]) for output in outputs]


def _times(model, layer, count, seconds):
    """What each of `count` steps of a layer depends on; even parts where that is not known."""
    try:
        if count > 1:
            return frame_times(model, layer, count)
    except InputError:
        pass
    bounds = np.linspace(0, seconds, count + 1)
    return np.stack([bounds[:-1], bounds[1:]], axis=1)


def _window_scores(model, waveform, family, number):
    """Scores `(windows, classes)` of one output for windows of a sound, and their times."""
    rate = known_sample_rate(model)
    starts, batch = windows(model, waveform, family)
    parts = [batch[i : i + _TOGETHER] for i in range(0, len(batch), _TOGETHER)]
    starts = np.asarray(starts) / rate
    times = np.stack([starts, starts + batch.shape[1] / rate], axis=1)
    return np.concatenate([_outputs(model, part)[number] for part in parts]), times


def _within(steps, times, seconds):
    """Steps that begin within a sound (at least the first), their times cut to it."""
    count = max(1, int((times[:, 0] < seconds).sum()))
    return steps[:count], np.clip(times[:count], 0, seconds)
