"""The condition under which a WaveNet finds sounds likeliest, by gradient ascent in its vectors.

Sampling has no gradient, but the likelihood of a sound that is there has one, in the vectors of the
conditions, too: each sample is predicted from those before it, all at once.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from keras_sounddream import checks
from keras_sounddream.applications.wavenet.conditioning import embedding_of
from keras_sounddream.applications.wavenet.config import WAVEFORM
from keras_sounddream.errors import InputError
from keras_sounddream.training.wavenet.losses import nats
from keras_sounddream.training.wavenet.whole_sounds import from_silence
from keras_sounddream.types import Array

_NATS_PER_BIT = np.log(2)


@dataclasses.dataclass(frozen=True, eq=False)
class FittedCondition:
    """A condition that `fit_condition` found.

    Attributes:
        points: for each condition that was fitted, by its name, what `with_label` takes: a vector,
            float32 `(condition_channels,)`; or shares of labels, a dict.
        bits: float32 `(steps + 1,)`, per sample of the sounds, before each step and at last.
    """

    points: dict[str, Any]
    bits: Array


def fit_condition(
    model: keras.Model,
    waveform: Array,
    *,
    labels: Mapping[str, str] | None = None,
    shares: bool = False,
    steps: int = 60,
    step_size: float = 0.1,
    progress: bool = False,
) -> FittedCondition:
    """Finds the condition under which sounds are likeliest, all of them under the same.

    Gradient descent (Adam) on the bits per sample, beginning in the middle of all labels, as the
    network's own weights stand.

    Args:
        model: a `WaveNet` with global conditions alone, that takes waveforms.
        waveform: float32 `(batch, samples)` or `(samples,)` at the model's rate, out of silence.
        labels: of conditions that are known and stay, by their names; the others are fitted.
        shares: whether to stay among the labels: shares of them, each at least 0, together 1. By
            default any point of the space of vectors.
        steps: of gradient descent.
        step_size: of Adam; of vectors in units of the mean distance of two labels.
        progress: whether to show a progress bar.

    Returns:
        `FittedCondition`, whose `points` `with_label` makes a label of.

    Raises:
        InputError: if the model is no such WaveNet, a label is unknown, no condition is left to
            fit, or the sound or a number does not fit.
    """
    checks.check("steps", steps, checks.integer(1))
    checks.check("step_size", step_size, checks.number(0, above=True))
    known = _known(model, labels or {})
    free = [name for name in model.plan.conditions if name not in known]
    if not free:
        raise InputError("Every condition has a label, and none is left to fit: give fewer.")
    score = _Scores(model, _checked(waveform), known)
    tables = {name: np.asarray(embedding_of(model, name).value) for name in free}
    begin = {name: _first(table, shares) for name, table in tables.items()}
    variables = {name: keras.Variable(first, name=name) for name, first in begin.items()}
    points = {name: _point(tables[name], shares) for name in free}
    bits = _descend(score, variables, points, steps, step_size, progress)
    found = {}
    for name, variable in variables.items():
        vector, mixed = points[name](tf.convert_to_tensor(variable))
        names = model.plan.conditions[name]
        found[name] = vector.numpy()
        if shares:
            found[name] = dict(zip(names, map(float, mixed.numpy()), strict=True))
    return FittedCondition(found, np.asarray(bits, "float32"))


def condition_bits(model: keras.Model, waveform: Array, labels: Mapping[str, str]) -> Array:
    """Bits per sample of each sound under labels.

    Args:
        model: as of `fit_condition`.
        waveform: float32 `(batch, samples)` or `(samples,)`, at the model's rate, out of silence.
        labels: one of each condition, by its name.

    Returns:
        float32 `(batch,)`.

    Raises:
        InputError: as `fit_condition`.
    """
    known = _known(model, labels)
    model.plan.ids({name: [label] for name, label in labels.items()})
    return _Scores(model, _checked(waveform), known).per_sound().numpy()


class _Scores:
    """Bits per sample of sounds, under other vectors of conditions than the model's."""

    def __init__(self, model, waveform, known):
        self.model, self.plan = from_silence(model), model.plan
        self.waveform = tf.constant(waveform)
        ids = {name: known.get(name, 0) for name in self.plan.conditions}
        self.inputs = {name: tf.fill((len(waveform),), tf.constant(i)) for name, i in ids.items()}

    def per_sound(self, vectors=None):
        """Bits `(batch,)`; `vectors` stand in for those of the first labels, by condition."""
        pairs = []
        for name, vector in (vectors or {}).items():
            variable = embedding_of(self.model, name)
            table = tf.convert_to_tensor(variable)
            pairs.append((variable, tf.concat([vector[tf.newaxis], table[1:]], 0)))
        with keras.StatelessScope(pairs):
            scores = self.model({WAVEFORM: self.waveform, **self.inputs}, training=False)
        missed = nats(self.waveform, scores, self.plan.levels, self.plan.output)
        return tf.reduce_mean(missed, axis=1) / _NATS_PER_BIT


def _descend(score, variables, points, steps, step_size, progress):
    """Moves the variables down; the bits before each step and at last."""
    chosen = list(variables.values())
    values = {name: variable.value for name, variable in variables.items()}
    optimizer = keras.optimizers.Adam(step_size)
    optimizer.build(chosen)

    @tf.function(autograph=False)
    def measure():
        with tf.GradientTape() as tape:
            vectors = {name: points[name](value)[0] for name, value in values.items()}
            bits = tf.reduce_mean(score.per_sound(vectors))
        return bits, tape.gradient(bits, list(values.values()))

    path = []
    for _ in tqdm(range(steps), desc="condition", unit="step", disable=not progress):
        bits, gradients = measure()
        path.append(float(bits))
        optimizer.apply(gradients, chosen)
    return [*path, float(measure()[0])]


def _first(table, shares):
    """The beginning of the descent: equal shares, or the middle, both 0."""
    return np.zeros(len(table) if shares else table.shape[1], "float32")


def _point(table, shares):
    """A function from a variable to a vector and, of shares, those."""
    if shares:

        def mixed(variable):
            weights = tf.nn.softmax(variable)
            return tf.linalg.matvec(table, weights, transpose_a=True), weights

        return mixed
    middle = table.mean(axis=0)
    apart = table[:, np.newaxis] - table[np.newaxis]
    count = max(len(table) * (len(table) - 1), 1)
    unit = float(np.sqrt(np.square(apart).sum(-1)).sum() / count / np.sqrt(table.shape[1])) or 1.0
    return lambda variable: (middle + unit * variable, None)


def _known(model, labels):
    """Numbers of the labels that are given."""
    plan = getattr(model, "plan", None)
    if plan is None or not plan.conditions or plan.local_channels:
        raise InputError(f"Expected a WaveNet with global conditions alone. Received: {model!r}")
    firsts = {name: [known[0]] for name, known in plan.conditions.items()}
    ids = plan.ids({**firsts, **{name: [label] for name, label in labels.items()}})
    return {name: int(ids[name][0]) for name in labels}


def _checked(waveform):
    waveform = np.asarray(waveform, "float32")
    waveform = waveform[np.newaxis] if waveform.ndim == 1 else waveform
    if waveform.ndim != 2 or not waveform.size or not np.isfinite(waveform).all():
        raise InputError(
            "Expected a waveform (batch, samples) of finite numbers. Received shape: "
            f"{waveform.shape}"
        )
    if np.abs(waveform).max() > 1:
        raise InputError(
            f"Expected a waveform in [-1, 1]. Received up to {np.abs(waveform).max():.3g}"
        )
    return waveform
