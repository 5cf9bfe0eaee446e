"""Points between and beside the labels of a WaveNet's conditions, as labels of their own."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_sounddream.applications.base import TOP
from keras_sounddream.applications.wavenet import network
from keras_sounddream.applications.wavenet.config import WAVEFORM
from keras_sounddream.applications.wavenet.layers import WaveNetModel, with_plan
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array


def condition_vectors(model: WaveNetModel, name: str) -> Array:
    """Vectors that the labels of a condition are embedded in.

    Args:
        model: a `WaveNet`.
        name: of one of its global conditions.

    Returns:
        float32 `(labels, condition_channels)`, in the order of `model.conditions[name]`.

    Raises:
        InputError: if the model has no such condition.
    """
    if name not in model.plan.conditions:
        model.plan.ids({name: []})
    return np.asarray(embedding_of(model, name).value, "float32")


def embedding_of(model: WaveNetModel, name: str) -> Any:
    """The variable `(labels, condition_channels)` of a condition."""
    return model.get_layer(f"{name}_embedding").embeddings


def with_label(
    model: WaveNetModel, label: str, **points: Array | Mapping[str, float]
) -> WaveNetModel:
    """Adds a label to conditions: a point that the network generates under as under its own.

    Args:
        model: a `WaveNet` with global conditions.
        label: the new label, of all conditions that get it.
        **points: for each condition that gets it, by its name, either shares of its labels, such
            as `{"three": 0.5, "five": 0.5}`, of which the vectors are added up; or a vector,
            float `(condition_channels,)`.

    Returns:
        A copy of the model whose conditions have the label, last, and whose weights are copied.

    Raises:
        InputError: if a condition or label is unknown, with the nearest names; a condition has
            `label` already; or a point is neither of the two, or not finite.

    Example:
        between = with_label(model, "between", digit={"three": 0.5, "five": 0.5})
        generate(between, 0.5, conditions={"digit": ["between"], "speaker": ["theo"]})
    """
    plan = model.plan
    if not points:
        raise InputError("Expected a point for a condition or more, by name. Received none.")
    vectors = {name: _vector(model, name, point) for name, point in points.items()}
    labels = {
        name: (*known, label) if name in vectors else known
        for name, known in plan.conditions.items()
    }
    larger = dataclasses.replace(plan, conditions=labels)
    copy = _rebuilt(model, larger)
    given = {weight.path: np.asarray(weight.value) for weight in model.weights}
    for name, vector in vectors.items():
        path = f"{name}_embedding/embeddings"
        given[path] = np.concatenate([given[path], vector[np.newaxis]])
    for weight in copy.weights:
        weight.assign(given[weight.path])
    return copy


def _rebuilt(model, plan):
    """A network of another plan, otherwise built as `model` is."""
    names = {layer.name for layer in model.layers}
    first = model.input[WAVEFORM].shape[1:]
    inputs, x = network.begin(plan, None, first, "front_end" in names)
    x = network.stack(x, inputs, plan)
    x = network.finish(x, plan, TOP in names, None, network.activation_of(model))
    copy = with_plan(WaveNetModel(inputs, x, name=model.name), plan)
    copy.labels = model.labels
    return copy


def _vector(model, name, point):
    """A point as float32 `(condition_channels,)`."""
    known = condition_vectors(model, name)
    if isinstance(point, Mapping):
        ids = model.plan.ids({**_firsts(model.plan), name: list(point)})[name]
        shares = _numbers(name, list(point.values()))
        if not len(shares):
            raise InputError(f"Expected shares of labels of {name!r}. Received none.")
        return shares @ known[ids]
    vector = _numbers(name, point)
    if vector.shape != known.shape[1:]:
        raise InputError(
            f"Expected a point of {name!r}: shares of its labels, or a vector of {known.shape[1]} "
            f"numbers. Received shape: {vector.shape}"
        )
    return vector


def _firsts(plan):
    return {name: labels[:1] for name, labels in plan.conditions.items()}


def _numbers(name, values):
    try:
        numbers = np.asarray(values, "float32")
    except (TypeError, ValueError):
        raise InputError(f"Expected numbers for {name!r}. Received: {values!r}") from None
    if not np.isfinite(numbers).all():
        raise InputError(f"Expected finite numbers for {name!r}. Received: {values!r}")
    return numbers
