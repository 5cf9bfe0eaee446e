"""What a dream maximises.

An objective turns a model's activations into one score an example. Objectives add and scale:
`0.2 * channel("block2_conv2", 3) + layer("block3_conv2")`. All are to be raised: those that
hold a dream back (`total_variation`, `l2_to_source`, `energy_protection`, `diversity`) are at
most 0.
"""

import math
import numbers
import operator

import numpy as np

from keras_sounddream.deepdream.network.lookup import INPUT, find_class, find_label
from keras_sounddream.deepdream.objectives.guides import guided, guided_locally, inverted, matched
from keras_sounddream.deepdream.objectives.objective import Objective, finite_list, of_kind
from keras_sounddream.errors import InputError

__all__ = [
    "Objective",
    "channel",
    "direction",
    "diversity",
    "energy_protection",
    "find_class",
    "find_label",
    "guided",
    "guided_locally",
    "inverted",
    "l2_to_source",
    "layer",
    "logit",
    "logit_difference",
    "matched",
    "neurons",
    "parse",
    "total_variation",
]


def layer(name):
    """Reads a whole layer: the mean of its squared activations.

    Args:
        name: str, a layer of the model.

    Returns:
        `Objective`.
    """
    return of_kind("layer", name)


def channel(name, index):
    """Reads one channel of a layer: the mean of its squared positive activations.

    Args:
        name: str, a layer of the model.
        index: int, along the layer's last axis.

    Returns:
        `Objective`.
    """
    return of_kind("channel", name, index=_index(index))


def neurons(name, indices, box=None):
    """Reads a group of channels, everywhere or in a box: their mean squared positive activation.

    Args:
        name: str, a layer of the model.
        indices: sequence of int, along the layer's last axis.
        box: sequence of pairs `(start, stop)`, one a position axis, each a fraction from 0 to 1 of
            that axis (time first, then frequency; height, then width); read are the positions
            whose middle lies inside, at least the nearest one.

    Returns:
        `Objective`.

    Raises:
        InputError: if `indices` is empty or `box` is not of such pairs.
    """
    if not isinstance(indices, list | tuple | range | np.ndarray) or np.ndim(indices) != 1:
        raise InputError(f"Expected a list of channels in `indices`. Received: {indices!r}")
    indices = [_index(index) for index in indices]
    if not indices:
        raise InputError("Expected at least one channel in `indices`. Received none.")
    if box is None:
        return of_kind("neurons", name, indices=indices)
    box = finite_list("box", box, rank=2)
    if not all(len(side) == 2 and 0 <= side[0] <= side[1] <= 1 for side in box):
        raise InputError(f"`box` must be pairs (start, stop) from 0 to 1. Received: {box}")
    return of_kind("neurons_at", name, indices=indices, box=box)


def logit(index, layer=None):
    """Reads the logit of a class: its score before the softmax, averaged over positions.

    Args:
        index: int, of the class; `find_label` gives that of a label.
        layer: str, a layer of the model, read before its activation function; by default the
            model's last.

    Returns:
        `Objective`.
    """
    return of_kind("logit", layer, index=_index(index))


def logit_difference(index, other, layer=None):
    """Reads by how much the logit of a class exceeds that of another.

    Args:
        index: int, of the class to raise.
        other: int, of the class to lower.
        layer: str, as `logit` takes it.

    Returns:
        `Objective`.
    """
    return logit(index, layer) - logit(other, layer)


def direction(name, vector, cosine_power=1.0):
    """Reads a direction among a layer's channels: the dot product, weighted by the cosine.

    The dot product alone can be raised by going far in other directions too; times a power of
    the cosine (of at least 0.1) it rewards what points the right way.

    Args:
        name: str, a layer of the model.
        vector: sequence of float `(channels,)`, of any length but 0.
        cosine_power: float, 0 or more; 0 for the dot product alone.

    Returns:
        `Objective`.

    Raises:
        InputError: if `vector` is all zeros or not finite, or `cosine_power` is negative.

    Reference: Carter et al., *Activation Atlas*, 2019, https://doi.org/10.23915/distill.00015
    """
    vector = finite_list("vector", vector, rank=1)
    if not any(vector):
        raise InputError("Expected a `vector` that points somewhere. Received only zeros.")
    if not (isinstance(cosine_power, numbers.Real) and 0 <= cosine_power < math.inf):
        raise InputError(f"`cosine_power` must be 0 or more. Received: {cosine_power!r}")
    return of_kind("direction", name, vector=vector, cosine_power=float(cosine_power))


def diversity(name):
    """Sets the examples of a batch apart: minus the mean cosine of their Gram matrices.

    An example's score is minus the mean, over the other examples, of the cosine between the Gram
    matrices of the layer's channels; 0 for an example that is alone.

    Args:
        name: str, a layer of the model.

    Returns:
        `Objective`.

    Reference: Olah et al., *Feature Visualization*, 2017, https://doi.org/10.23915/distill.00007
    """
    return of_kind("diversity", name)


def total_variation():
    """Smooths what is dreamed: minus the mean absolute difference of neighbours.

    Neighbours are samples of a waveform, or pixels down and across (the two means are added).

    Returns:
        `Objective`.

    Reference: Rudin et al., *Nonlinear total variation based noise removal algorithms*, 1992,
    https://doi.org/10.1016/0167-2789(92)90242-F
    """
    return of_kind("total_variation", INPUT)


def l2_to_source():
    """Keeps what is dreamed near its source: minus the mean squared difference.

    Returns:
        `Objective`.
    """
    return of_kind("l2_to_source", INPUT)


def energy_protection(stretch=None):
    """Keeps the level of the source: minus the mean squared difference of local levels.

    The level is half the natural logarithm of a stretch's mean square (nepers, of 8.7 dB), and
    what is below -80 dB (of 1) counts as silence.

    Args:
        stretch: int, samples of a waveform or pixels along each side of a square patch; by
            default 1024 samples or 16 pixels.

    Returns:
        `Objective`.

    Raises:
        InputError: if `stretch` is not an int above 0.
    """
    whole = isinstance(stretch, int | np.integer) and not isinstance(stretch, bool)
    if stretch is not None and not (whole and stretch > 0):
        raise InputError(f"`stretch` must be an int above 0. Received: {stretch!r}")
    stretch = None if stretch is None else int(stretch)
    return of_kind("energy_protection", INPUT, stretch=stretch)


def parse(text):
    """Reads an objective as the command line spells it.

    Args:
        text: str, `"block3_conv2"` for a layer or `"block3_conv2:7"` for a channel.

    Returns:
        `Objective`.

    Raises:
        InputError: if what follows the colon is not a number.
    """
    if not isinstance(text, str):
        raise InputError(f"Expected LAYER or LAYER:CHANNEL as text. Received: {text!r}")
    name, colon, index = text.partition(":")
    if not colon:
        return layer(name)
    if not index.isdecimal():
        raise InputError(f"Expected LAYER or LAYER:CHANNEL, such as conv1:7. Received: {text!r}")
    return channel(name, int(index))


def _index(value):
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise InputError(f"Expected an index, a whole number. Received: {value!r}") from None
