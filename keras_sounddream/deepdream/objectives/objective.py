"""`Objective`: a weighted sum of terms, each of which reads one layer."""

import functools
import math
import numbers
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np

from keras_sounddream.deepdream.network.calls import calls_of
from keras_sounddream.deepdream.network.lookup import INPUT, output_shape
from keras_sounddream.deepdream.objectives import titles
from keras_sounddream.deepdream.objectives.terms import TERMS, mean_of_examples
from keras_sounddream.errors import InputError, unknown_name
from keras_sounddream.types import Tensor

_TERM = ("kind", "layer", "weight", "settings")
_LONGEST_LIST = 40  # characters of a list that is spelled out


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Objective:
    """A weighted sum of terms, each of which reads one layer, or the dream itself.

    Make one with a function of `keras_sounddream.objectives`. Objectives add, subtract and
    scale, with each other and with plain functions of the model's output (see `custom`).

    Args:
        terms: dictionaries with `kind` (a key of `terms.TERMS`), `layer` (its name; `INPUT` for a
            kind that reads no layer, `None` for the model's last), `weight`, `settings` (the
            arguments of the kind's function) and, if it has one, `name` (see `named`).

    Raises:
        InputError: if there is no term, one is no such dictionary, or there is no such kind.
    """

    def __init__(self, terms: Iterable[dict[str, Any]]):
        try:
            self.terms = tuple(dict(term) for term in terms)
        except (TypeError, ValueError):
            raise InputError(
                f"Expected a sequence of dict, the terms. Received: {terms!r}"
            ) from None
        if not self.terms:
            raise InputError("Expected an objective of at least one term. Received none.")
        for term in self.terms:
            if set(term) - {"name"} != set(_TERM):
                raise InputError(f"A term has {', '.join(_TERM)}. Received: {term!r}")
            if term["kind"] not in TERMS:
                raise InputError(
                    unknown_name("Objectives have", "kind", term["kind"], list(TERMS))
                    + " One of your own is registered by @objectives.register before it is loaded."
                )

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that are read after their activation function, each once."""
        return self._names("layer", "layer_and_source")

    @property
    def logit_layers(self) -> tuple[str, ...]:
        """Names of the layers that are read before their activation function, each once."""
        return self._names("logits")

    @property
    def source_layers(self) -> tuple[str, ...]:
        """Names of the layers that are read of the source, too, each once."""
        return self._names("layer_and_source")

    @property
    def needs_source(self) -> bool:
        """Whether a term compares with the source, or with what it activates."""
        return any(TERMS[term["kind"]].reads.endswith("_and_source") for term in self.terms)

    @property
    def is_local(self) -> bool:
        """Whether the score at each position depends only on the activations there."""
        return all(TERMS[term["kind"]].local for term in self.terms)

    @property
    def has_places(self) -> bool:
        """Whether a term has a mask or a box that tells places of the first axis, time, apart."""
        return any(_has_places(**term["settings"]) for term in self.terms)

    def readers(self) -> list[Callable[[dict], Tensor]]:
        """For each term, a function from activations to float32 `(batch, *positions)`.

        Activations are float32 by name: each of `layers` `(batch, …, channels)`; `"{name}/logits"`
        for each of `logit_layers`; `"{name}/source"` for each of `source_layers`; and, where a
        term reads them, `INPUT` and `SOURCE`, `(batch,
        samples)` or `(batch, height, width, 3)`.
        """
        return [TERMS[t["kind"]].reader(t["layer"], t["settings"]) for t in self.terms]

    def score_maps(self, activations: dict[str, Tensor]) -> list[tuple[float, Tensor]]:
        """Weight and scores at each position of each term; activations are those of `readers`."""
        weights = (term["weight"] for term in self.terms)
        return [(w, read(activations)) for w, read in zip(weights, self.readers(), strict=True)]

    def __call__(self, activations: dict[str, Tensor]) -> Tensor:
        """Score of each example, float32 `(batch,)`: weighted sum of the terms' means."""
        maps = self.score_maps(activations)
        return sum(weight * mean_of_examples(scores) for weight, scores in maps)

    def __add__(self, other: Any) -> "Objective":
        if callable(other) and not isinstance(other, Objective):
            other = custom(other)
        if not isinstance(other, Objective):
            return NotImplemented
        return Objective(self.terms + other.terms)

    def __sub__(self, other: Any) -> "Objective":
        if callable(other) and not isinstance(other, Objective):
            other = custom(other)
        if not isinstance(other, Objective):
            return NotImplemented
        return self + -other

    def __mul__(self, factor: float) -> "Objective":
        if not isinstance(factor, numbers.Real):
            return NotImplemented
        if not math.isfinite(factor):
            raise InputError(f"Expected a finite number to scale by. Received: {factor}")
        return Objective({**term, "weight": float(factor) * term["weight"]} for term in self.terms)

    __rmul__ = __mul__

    def __radd__(self, other: Any) -> "Objective":
        if isinstance(other, int) and other == 0:  # for `sum`
            return self
        return custom(other) + self if callable(other) else NotImplemented

    def __neg__(self) -> "Objective":
        return -1.0 * self

    def __truediv__(self, divisor: float) -> "Objective":
        if not isinstance(divisor, numbers.Real):
            return NotImplemented
        if divisor == 0:
            raise InputError("Expected a number other than 0 to divide an objective by.")
        return self * (1 / divisor)

    def __repr__(self) -> str:
        return " + ".join(f"{term['weight']:g} * {_spell(term)}" for term in self.terms)

    def __str__(self) -> str:
        return self.title()

    def title(self, model: keras.Model | None = None) -> str:
        """The words of a person for it: `"block3_conv2 channel 7 + rooster"`.

        Args:
            model: whose labels name its classes; without it they are numbers.
        """
        templates = {kind: term.title for kind, term in TERMS.items()}
        return titles.title(self.terms, templates, functools.partial(_label_of, model))

    def named(self, name: str) -> "Objective":
        """The same objective, whose terms have a name in its title: `"guide rooster.wav"`."""
        return Objective({**term, "name": name} for term in self.terms)

    def get_config(self) -> dict[str, Any]:
        """Constructor's arguments, for saving.

        Raises:
            InputError: if a term calls a function that is not registered.
        """
        for term in self.terms:
            if term["kind"] == "custom":
                raise InputError(
                    f"{term['settings']['function']!r} has no name to be saved by: register it "
                    "with @objectives.register(name), and build the objective with what that gives."
                )
        return {"terms": list(self.terms)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Objective":
        """The objective of `get_config`'s dictionary."""
        return cls(**config)

    def resolved(self, model: keras.Model) -> "Objective":
        """The objective with the model's last layer where a term names none."""
        if all(term["layer"] is not None for term in self.terms):
            return self
        return Objective(
            {**term, "layer": _last_layer(model, term) if term["layer"] is None else term["layer"]}
            for term in self.terms
        )

    def check(self, model: keras.Model) -> None:
        """Raises an `InputError` unless a model has every layer and channel that is read."""
        for term in self.resolved(model).terms:
            kind, name = TERMS[term["kind"]], term["layer"]
            if kind.reads in ("layer", "logits", "layer_and_source"):
                kind.check(name, output_shape(model, name), **term["settings"])

    def _names(self, *reads):
        names = (term["layer"] for term in self.terms if TERMS[term["kind"]].reads in reads)
        return tuple(dict.fromkeys(names))


def term(kind: str, layer: str | None, **settings: Any) -> Objective:
    """An objective of one term of weight 1.

    Args:
        kind: key of `TERMS`.
        layer: name of a layer, `INPUT`, or `None` for the model's last.
        **settings: numbers, strings, or lists of them, for the kind's function.

    Raises:
        InputError: if `layer` is no name.
    """
    may_be_last = kind in TERMS and TERMS[kind].any_layer
    if not (isinstance(layer, str) or (layer is None and may_be_last)):
        raise InputError(f"Expected the name of a layer, such as 'conv1'. Received: {layer!r}")
    return Objective([{"kind": kind, "layer": layer, "weight": 1.0, "settings": settings}])


def custom(function: Callable[[Tensor], Tensor], layer: str | None = None) -> Objective:
    """An objective of one's own: any function of a layer's activations.

    Args:
        function: from float32 `(batch, *positions, channels)` to scores, float32
            `(batch, *positions)` or `(batch,)`, in operations of `keras.ops` or TensorFlow.
        layer: name of a layer; by default the model's last.

    Returns:
        `Objective`; to save a dream with it, use `register` in place of this.

    Raises:
        InputError: if `function` cannot be called.

    Example:
        loudest = objectives.custom(lambda x: keras.ops.max(x, axis=-1), "block3_conv2")
    """
    if not callable(function):
        raise InputError(f"Expected a function of activations. Received: {function!r}")
    return term("custom", layer, function=function)


def finite_list(name: str, values: Any, rank: int) -> list:
    """`values` as a nested list of float of that rank, finite and not empty."""
    try:
        array = np.asarray(values, "float64")
    except (TypeError, ValueError):
        raise InputError(f"`{name}` must be numbers. Received: {type(values).__name__}") from None
    if array.ndim != rank or not array.size:
        raise InputError(
            f"`{name}` must have {rank} {'axis' if rank == 1 else 'axes'} and not be empty. "
            f"Received shape: {array.shape}"
        )
    if not np.isfinite(array).all():
        raise InputError(f"`{name}` must be finite numbers. It holds some that are not.")
    return array.tolist()


def _has_places(mask=(), box=((0, 1),), **others):
    return len(mask) > 1 or tuple(box[0]) != (0, 1)


def _last_layer(model, term):
    """Name of a model's last layer; for logits, of one before if the last only pools or joins."""
    calls = calls_of(model)
    last = [call for call in calls.values() if call.layer is model.layers[-1]][-1]
    while TERMS[term["kind"]].reads == "logits" and _averages(last.layer):
        last = calls[last.sources[0]]
    return last.name


def _label_of(model, layer, index):
    """The label of a class, where the layer is the one that a model's labels are of."""
    labels = getattr(model, "labels", None) or ()
    if isinstance(labels, dict):
        labels = labels.get(layer, ())
    elif labels and layer not in (None, _last_layer(model, {"kind": "logit"})):
        labels = ()
    return labels[index] if index < len(labels) else None


def _averages(layer):
    """Whether a layer only averages scores: over time, or over parts of an example."""
    is_join = getattr(layer, "splits_examples", None) is False
    return is_join or isinstance(layer, keras.layers.GlobalAveragePooling1D)


def _spell(term):
    """A term without its weight, as it is called; long lists by their size."""
    layers = [] if term["layer"] == INPUT else [term["layer"]]
    arguments = (_shortened(value) for value in (*layers, *term["settings"].values()))
    return f"{term['kind']}({', '.join(arguments)})"


def _shortened(value):
    if isinstance(value, list):
        shape = np.shape(value)
        if math.prod(shape) > _LONGEST_LIST or len(repr(value)) > _LONGEST_LIST:
            return f"<{' × '.join(map(str, shape))} numbers>"
    return repr(value)
