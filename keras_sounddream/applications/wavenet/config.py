"""WaveNet as a table, checked."""

import dataclasses
import difflib
import math

import numpy as np

from keras_sounddream.errors import InputError

OUTPUTS = ("softmax", "mixture_of_logistics")
WAVEFORM, LOCAL = "waveform", "local_condition"  # names of inputs


@dataclasses.dataclass(frozen=True)
class WaveNetConfig:
    """All that a WaveNet is made from; for the meaning of each number see `WaveNet`.

    Attributes:
        conditions: dict from the name of a global condition to its labels, a tuple of str.
    """

    sample_rate: int = 16000
    dilations: tuple = tuple(2**i for i in range(10)) * 5
    filter_width: int = 2
    residual_channels: int = 32
    dilation_channels: int = 32
    skip_channels: int = 512
    levels: int = 256
    use_biases: bool = True
    scalar_input: bool = False
    initial_filter_width: int = 32
    output: str = "softmax"
    mixtures: int = 10
    conditions: dict = dataclasses.field(default_factory=dict, hash=False)
    condition_channels: int = 32
    local_channels: int = 0
    local_hop: int = 256

    def __post_init__(self):
        _check(self)
        object.__setattr__(self, "dilations", tuple(self.dilations))
        conditions = {name: tuple(labels) for name, labels in self.conditions.items()}
        object.__setattr__(self, "conditions", conditions)

    @property
    def first_width(self):
        """Width of the filter that the sound comes in through, samples."""
        return self.initial_filter_width if self.scalar_input else self.filter_width

    @property
    def reaches(self):
        """Of each layer, by how many samples its filter reaches back."""
        return tuple((self.filter_width - 1) * dilation for dilation in self.dilations)

    @property
    def receptive_field(self):
        """How many samples the next one is predicted from."""
        return sum(self.reaches) + self.first_width

    @property
    def outputs(self):
        """Numbers that the network gives for each sample."""
        return self.levels if self.output == "softmax" else 3 * self.mixtures

    @property
    def lead(self):
        """Samples before the first that is generated: whole frames of the local condition."""
        hop = self.local_hop if self.local_channels else 1
        return math.ceil(self.receptive_field / hop) * hop

    def ids(self, names):
        """Finds the numbers of labels, as `wavenet.condition_ids`."""
        for name in names:
            if name not in self.conditions:
                raise InputError(_unknown("condition", name, self.conditions))
        found = {}
        for name, labels in self.conditions.items():
            if name not in names:
                raise InputError(
                    f"Expected a label for the condition {name!r}. Received none. There are: "
                    f"{_some(labels)}."
                )
            for label in names[name]:
                if label not in labels:
                    raise InputError(_unknown(name, label, labels))
            found[name] = np.array([labels.index(label) for label in names[name]], "int32")
        return found


def _unknown(kind, name, names):
    if not names:
        return f"This network has no conditions. Received: {name!r}. Leave it out."
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {_some(names)}."
    return f"There is no {kind} {name!r}. {hint}"


def _some(names, most=12):
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" * (len(names) > most))


def _check(plan):
    counts = ("sample_rate", "filter_width", "residual_channels", "dilation_channels")
    counts += ("skip_channels", "initial_filter_width", "mixtures", "condition_channels")
    counts += ("local_hop",)
    for name in counts:
        _check_count(f"`{name}`", getattr(plan, name))
    _check_count("`local_channels`", plan.local_channels, least=0)
    if isinstance(plan.dilations, str) or not len(plan.dilations):
        raise InputError(f"`dilations` must be ints, one a layer. Received: {plan.dilations!r}")
    for dilation in plan.dilations:
        _check_count("Each of `dilations`", dilation)
    if plan.output not in OUTPUTS:
        raise InputError(f"`output` must be one of {list(OUTPUTS)}. Received: {plan.output!r}")
    if not isinstance(plan.conditions, dict):
        raise InputError(
            "`conditions` must be a dict from a name to its labels, such as "
            f"{{'genre': ['metal', 'rock']}}. Received: {plan.conditions!r}"
        )
    for name, labels in plan.conditions.items():
        _check_condition(name, labels)


def _check_condition(name, labels):
    if name in (WAVEFORM, LOCAL) or not (isinstance(name, str) and name.isidentifier()):
        raise InputError(f"A condition's name must be a word of its own. Received: {name!r}")
    plain = not isinstance(labels, str) and all(isinstance(label, str) for label in labels)
    if not plain or not len(labels) or len(set(labels)) < len(labels):
        raise InputError(f"The labels of {name!r} must be different str. Received: {labels!r}")


def _check_count(name, count, least=1):
    if isinstance(count, bool) or not isinstance(count, int) or count < least:
        raise InputError(f"{name} must be an int, {least} or more. Received: {count!r}")
