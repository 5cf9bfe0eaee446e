"""What a dream maximises.

An objective turns a model's activations into one score an example. Objectives add and scale:
`0.2 * channel("block2_conv2", 3) + layer("block3_conv2")`.
"""

import difflib
import operator

import keras
from keras import ops

from keras_sounddream.errors import InputError


@keras.saving.register_keras_serializable(package="keras_sounddream")
class Objective:
    """A weighted sum of terms, each of which reads one layer.

    Make one with `layer` or `channel`.

    Args:
        terms: sequence of dict with `kind` (a function of this module's `KINDS`), `layer`
            (str), `weight` (float) and `settings` (dict, the function's arguments).
    """

    def __init__(self, terms):
        self.terms = tuple(dict(term) for term in terms)

    @property
    def layers(self):
        """Names of the layers that are read, each once, in order."""
        return tuple(dict.fromkeys(term["layer"] for term in self.terms))

    def __call__(self, activations):
        """Scores activations.

        Args:
            activations: dict from layer name to float32 `(batch, …, channels)`.

        Returns:
            float32 `(batch,)`.
        """
        scores = (
            term["weight"] * KINDS[term["kind"]](activations[term["layer"]], **term["settings"])
            for term in self.terms
        )
        return sum(scores)

    def __add__(self, other):
        if not isinstance(other, Objective):
            return NotImplemented
        return Objective(self.terms + other.terms)

    def __sub__(self, other):
        if not isinstance(other, Objective):
            return NotImplemented
        return self + -other

    def __mul__(self, factor):
        if not isinstance(factor, int | float):
            return NotImplemented
        return Objective({**term, "weight": factor * term["weight"]} for term in self.terms)

    __rmul__ = __mul__

    def __radd__(self, other):
        return self if isinstance(other, int) and other == 0 else NotImplemented  # for `sum`

    def __neg__(self):
        return -1.0 * self

    def __truediv__(self, divisor):
        return self * (1 / divisor)

    def __repr__(self):
        names = []
        for term in self.terms:
            settings = "".join(f", {value!r}" for value in term["settings"].values())
            names.append(f"{term['weight']:g} * {term['kind']}({term['layer']!r}{settings})")
        return " + ".join(names)

    def get_config(self):
        """Returns the constructor's arguments, for saving."""
        return {"terms": list(self.terms)}

    @classmethod
    def from_config(cls, config):
        """Makes an objective from `get_config`'s dictionary."""
        return cls(**config)

    def check(self, model):
        """Checks that a model has every layer and channel that is read.

        Args:
            model: `keras.Model`, functional.

        Raises:
            InputError: if not, with the nearest names.
        """
        for term in self.terms:
            output = find_layer(model, term["layer"]).output
            shape = getattr(output, "shape", (None,))
            if len(shape) < 2 or shape[-1] is None:
                raise InputError(
                    f"Layer {term['layer']!r} cannot be dreamed on: expected one output with a "
                    f"known number of channels. Received: {output}"
                )
            count, index = output.shape[-1], term["settings"].get("index", 0)
            if not 0 <= index < count:
                raise InputError(
                    f"Layer {term['layer']!r} has channels 0 to {count - 1}. Received: {index}"
                )


def layer(name):
    """Reads a whole layer: the mean of its squared activations.

    Args:
        name: str, a layer of the model.

    Returns:
        `Objective`.
    """
    return _one("layer", name)


def channel(name, index):
    """Reads one channel of a layer: the mean of its squared positive activations.

    Args:
        name: str, a layer of the model.
        index: int, along the layer's last axis.

    Returns:
        `Objective`.
    """
    return _one("channel", name, index=operator.index(index))


def parse(text):
    """Reads an objective as the command line spells it.

    Args:
        text: str, `"block3_conv2"` for a layer or `"block3_conv2:7"` for a channel.

    Returns:
        `Objective`.

    Raises:
        InputError: if what follows the colon is not a number.
    """
    name, colon, index = text.partition(":")
    if not colon:
        return layer(name)
    if not index.isdecimal():
        raise InputError(f"Expected LAYER or LAYER:CHANNEL, such as conv1:7. Received: {text!r}")
    return channel(name, int(index))


def find_layer(model, name):
    """Gets a layer by its name.

    Args:
        model: `keras.Model`, functional.
        name: str.

    Returns:
        `keras.Layer`.

    Raises:
        InputError: if there is none, with the nearest names.
    """
    names = [layer.name for layer in model.layers]
    if name in names:
        return model.get_layer(name)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"It has: {', '.join(names)}."
    raise InputError(f"{model.name} has no layer {name!r}. {hint}")


def _one(kind, name, **settings):
    return Objective([{"kind": kind, "layer": name, "weight": 1.0, "settings": settings}])


def _layer_score(activation):
    return _mean(ops.square(activation))


def _channel_score(activation, index):
    return _mean(ops.square(ops.relu(activation[..., index : index + 1])))


def _mean(values):
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))


KINDS = {"layer": _layer_score, "channel": _channel_score}
