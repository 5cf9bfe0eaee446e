"""An objective: a weighted sum of scores, each of which reads one layer."""

import math
import numbers

import keras
import numpy as np

from keras_sounddream.deepdream.network.lookup import INPUT, SOURCE, output_shape, unknown
from keras_sounddream.deepdream.objectives.terms import KINDS, mean_of_examples
from keras_sounddream.errors import InputError

_TERM = ("kind", "layer", "weight", "settings")
_LONGEST_LIST = 40  # characters of a list that is spelled out


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Objective:
    """A weighted sum of terms, each of which reads one layer, or what is dreamed.

    Make one with a function of this module or of `guides`.

    Args:
        terms: sequence of dict with `kind` (a name in `kinds.KINDS`), `layer` (str; `INPUT` for a
            kind that reads no layer, `None` for the model's last), `weight` (float) and
            `settings` (dict, the arguments of the kind's function).

    Raises:
        InputError: if there is no term, one is no such dictionary, or there is no such kind.
    """

    def __init__(self, terms):
        try:
            self.terms = tuple(dict(term) for term in terms)
        except (TypeError, ValueError):
            raise InputError(
                f"Expected a sequence of dict, the terms. Received: {terms!r}"
            ) from None
        if not self.terms:
            raise InputError("Expected an objective of at least one term. Received none.")
        for term in self.terms:
            if set(term) != set(_TERM):
                raise InputError(f"A term has {', '.join(_TERM)}. Received: {term!r}")
            if term["kind"] not in KINDS:
                raise InputError(unknown("Objectives have", "kind", term["kind"], list(KINDS)))

    @property
    def layers(self):
        """Names of the layers that are read as they are, each once, in order."""
        return self._names("layer")

    @property
    def logit_layers(self):
        """Names of the layers that are read before their activation function, each once."""
        return self._names("logits")

    @property
    def needs_source(self):
        """Whether a term reads what the dream was before: `activations[SOURCE]`."""
        return any(KINDS[term["kind"]].reads == "input_and_source" for term in self.terms)

    @property
    def is_local(self):
        """Whether the score at each position depends only on what is read there."""
        return all(KINDS[term["kind"]].local for term in self.terms)

    def score_maps(self, activations):
        """Scores each position.

        Args:
            activations: dict to float32, from each of `layers` to `(batch, …, channels)`, from
                `"{name}/logits"` for each of `logit_layers` to the like, and, where a term reads
                them, from `INPUT` and `SOURCE` to `(batch, samples)` or `(batch, height, width,
                3)`.

        Returns:
            list of `(weight, map)`, one a term: float, and float32 `(batch, *positions)`.
        """
        return [
            (
                term["weight"],
                KINDS[term["kind"]].function(*_read(term, activations), **term["settings"]),
            )
            for term in self.terms
        ]

    def __call__(self, activations):
        """Scores each example: the terms' means over the positions, weighted and added.

        Args:
            activations: dict, as `score_maps` takes it.

        Returns:
            float32 `(batch,)`.
        """
        maps = self.score_maps(activations)
        return sum(weight * mean_of_examples(scores) for weight, scores in maps)

    def __add__(self, other):
        if not isinstance(other, Objective):
            return NotImplemented
        return Objective(self.terms + other.terms)

    def __sub__(self, other):
        if not isinstance(other, Objective):
            return NotImplemented
        return self + -other

    def __mul__(self, factor):
        if not isinstance(factor, numbers.Real):
            return NotImplemented
        if not math.isfinite(factor):
            raise InputError(f"Expected a finite number to scale by. Received: {factor}")
        return Objective({**term, "weight": float(factor) * term["weight"]} for term in self.terms)

    __rmul__ = __mul__

    def __radd__(self, other):
        return self if isinstance(other, int) and other == 0 else NotImplemented  # for `sum`

    def __neg__(self):
        return -1.0 * self

    def __truediv__(self, divisor):
        if not isinstance(divisor, numbers.Real):
            return NotImplemented
        if divisor == 0:
            raise InputError("Expected a number other than 0 to divide an objective by.")
        return self * (1 / divisor)

    def __repr__(self):
        return " + ".join(f"{term['weight']:g} * {_spell(term)}" for term in self.terms)

    def get_config(self):
        """Returns the constructor's arguments, for saving."""
        return {"terms": list(self.terms)}

    @classmethod
    def from_config(cls, config):
        """Makes an objective from `get_config`'s dictionary."""
        return cls(**config)

    def resolved(self, model):
        """Fills in the model's last layer where a term names none.

        Args:
            model: `keras.Model`, functional.

        Returns:
            `Objective`, this one if nothing is to be filled in.
        """
        if all(term["layer"] is not None for term in self.terms):
            return self
        return Objective(
            {**term, "layer": _last_layer(model, term) if term["layer"] is None else term["layer"]}
            for term in self.terms
        )

    def check(self, model):
        """Checks that a model has every layer and channel that is read.

        Args:
            model: `keras.Model`, functional.

        Raises:
            InputError: if not, with the nearest names.
        """
        for term in self.resolved(model).terms:
            kind, name = KINDS[term["kind"]], term["layer"]
            if kind.reads in ("layer", "logits"):
                kind.check(name, output_shape(model, name), **term["settings"])

    def _names(self, reads):
        names = (term["layer"] for term in self.terms if KINDS[term["kind"]].reads == reads)
        return tuple(dict.fromkeys(names))


def of_kind(kind, name, **settings):
    """Makes an objective of one term, of weight 1.

    Args:
        kind: str, a name in `kinds.KINDS`.
        name: str, a layer of the model, `INPUT`, or `None` for the model's last layer.
        **settings: the arguments of the kind's function: numbers, str, or lists of them.

    Returns:
        `Objective`.

    Raises:
        InputError: if there is no such kind, or `name` is no name.
    """
    last_will_do = kind in KINDS and KINDS[kind].reads == "logits"
    if not (isinstance(name, str) or (name is None and last_will_do)):
        raise InputError(f"Expected the name of a layer, such as 'conv1'. Received: {name!r}")
    return Objective([{"kind": kind, "layer": name, "weight": 1.0, "settings": settings}])


def finite_list(name, values, rank):
    """Checks that numbers are finite, some, and of a rank; gives them as a list.

    Args:
        name: str, of the argument, for the error.
        values: array, or sequence of (sequences of) numbers.
        rank: int.

    Returns:
        list of (lists of) float.

    Raises:
        InputError: if they are not.
    """
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


def _read(term, activations):
    """What the function of a term's kind takes, as a tuple."""
    reads = KINDS[term["kind"]].reads
    if reads == "input_and_source":
        return activations[INPUT], activations[SOURCE]
    return (activations[f"{term['layer']}/logits" if reads == "logits" else term["layer"]],)


def _last_layer(model, term):
    """A model's last layer; for logits, what is pooled if that only pools."""
    last = model.layers[-1]
    pools = isinstance(last, keras.layers.GlobalAveragePooling1D)
    if pools and KINDS[term["kind"]].reads == "logits":
        last = last.input._keras_history.operation
    return last.name


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
