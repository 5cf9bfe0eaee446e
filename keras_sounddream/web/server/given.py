"""Objectives of a second sound, as inputs of a graph: one graph serves all styles and guides.

An objective of a style or a guide holds numbers measured on a sound. As constants they would make
a new graph for each visitor; here they are tensors that go through the ascent with the weights of
the terms, as one dictionary of `weights`, float32 `(1, terms)`, and `given`, a list of the numbers
of each term that has some, in their order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from keras_sounddream.deepdream.ascent.gradient_ascent import GradientAscent
from keras_sounddream.deepdream.objectives.objective import Objective
from keras_sounddream.deepdream.objectives.statistics import measure
from keras_sounddream.types import Array, Tensor
from keras_sounddream.web.choices import BOUNDS
from keras_sounddream.web.steering import SteeredAscent

_TINY = 1e-12


def _guided(given: Tensor, activation: Tensor, **_: Any) -> Tensor:
    """`terms.weighted_score` by weights `(channels,)`."""
    return ops.matmul(activation, given[:, None])[..., 0]


def _style(given: Tensor, activation: Tensor, statistic: str, over: str, **_: Any) -> Tensor:
    """`statistics.style_score` from a target `(kinds, numbers)`, relative to it: `(1,)`."""
    squares = ops.square(measure(activation, statistic, over) - given[None])
    norms = ops.maximum(ops.sum(ops.square(given), axis=1), _TINY)
    return -ops.mean(ops.sum(squares, axis=2) / norms, axis=1)


_SCORES: dict[str, tuple[str, Callable[..., Tensor]]] = {  # kind: setting, function
    "guided": ("weights", _guided),
    "style": ("target", _style),
}


class GivenObjective(Objective):
    """An objective whose terms of guides and styles read `given`, not their settings.

    Attributes:
        given: set while a graph is traced: the numbers of those terms.
    """

    given: Sequence[Tensor] = ()

    def readers(self) -> list[Callable[[dict], Tensor]]:
        """See `Objective`."""
        readers, number = super().readers(), 0
        for place, term in enumerate(self.terms):
            if term["kind"] in _SCORES:
                readers[place] = functools.partial(self._read, term, number)
                number += 1
        return readers

    def numbers(self) -> list[Array]:
        """The numbers in the settings of those terms."""
        kinds = [term for term in self.terms if term["kind"] in _SCORES]
        return [term["settings"][_SCORES[term["kind"]][0]] for term in kinds]

    def _read(self, term, number, activations):
        _, score = _SCORES[term["kind"]]
        return score(self.given[number], activations[term["layer"]], **term["settings"])


class GivenAscent(GradientAscent):
    """An ascent of a `GivenObjective`; its `weights` are the dictionary."""

    objective: GivenObjective

    def factors(self, weights: Any) -> list[Tensor]:
        """See `GradientAscent`; the objective's terms read their numbers from then on."""
        self.objective.given = weights["given"]
        return super().factors(weights["weights"])


class SteeredGivenAscent(GivenAscent, SteeredAscent):
    """The same, one step at a time, with strength and smoothing as inputs."""


def weights_of(row: Array, given: Sequence[Array]) -> dict[str, Any]:
    """The dictionary of weights `(1, terms)` and the numbers of terms that have some."""
    numbers = [tf.constant(each, tf.float32) for each in given]
    return {"weights": tf.constant(row, tf.float32), "given": numbers}


def trace_step(
    ascent: SteeredAscent, objective: GivenObjective
) -> Callable[..., dict[str, Tensor]]:
    """`one_step` of a `SteeredGivenAscent` as one graph, for sounds of any length."""
    spec = tf.TensorSpec
    signature = [
        spec((1, None), tf.float32),
        spec((1, None, ascent.param.analysis.num_bins), tf.float32),
        {
            "weights": spec((1, len(objective.terms)), tf.float32),
            "given": [spec(np.shape(row), tf.float32) for row in objective.numbers()],
        },
        spec((2,), tf.int32),
        spec((len(BOUNDS),), tf.float32),
        spec((), tf.float32),
    ]
    return tf.function(ascent.one_step, input_signature=signature, autograph=False)
