"""WaveNetConfig: the settings that a WaveNet is built from, checked."""

import dataclasses
import difflib
import functools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from keras_sounddream import checks
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

OUTPUTS = ("softmax", "mixture_of_logistics")
WAVEFORM, LOCAL = "waveform", "local_condition"  # names of inputs
_COUNTS = (  # settings that are ints of at least 1
    *("sample_rate", "filter_width", "residual_channels", "dilation_channels", "skip_channels"),
    *("initial_filter_width", "mixtures", "condition_channels", "local_hop"),
)


@dataclasses.dataclass(frozen=True)
class WaveNetConfig:
    """The settings of a WaveNet; for the meaning of each see the arguments of `WaveNet`."""

    sample_rate: int = 16000
    dilations: tuple[int, ...] = tuple(2**i for i in range(10)) * 5
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
    conditions: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict, hash=False)
    condition_channels: int = 32
    local_channels: int = 0
    local_hop: int = 256

    def __post_init__(self) -> None:
        _check(self)
        dilations = tuple(map(int, self.dilations))
        object.__setattr__(self, "dilations", dilations)
        conditions = {name: tuple(labels) for name, labels in self.conditions.items()}
        object.__setattr__(self, "conditions", conditions)

    @functools.cached_property
    def first_width(self) -> int:
        """Width of the first filter, in samples."""
        return self.initial_filter_width if self.scalar_input else self.filter_width

    @functools.cached_property
    def reaches(self) -> tuple[int, ...]:
        """Samples by which each layer's filter reaches back."""
        return tuple((self.filter_width - 1) * dilation for dilation in self.dilations)

    @functools.cached_property
    def receptive_field(self) -> int:
        """Number of samples that the next one is predicted from."""
        return sum(self.reaches) + self.first_width

    @functools.cached_property
    def outputs(self) -> int:
        """Values that the network outputs per sample."""
        return self.levels if self.output == "softmax" else 3 * self.mixtures

    @functools.cached_property
    def lead(self) -> int:
        """Samples before the first that is generated: whole frames of the local condition."""
        hop = self.local_hop if self.local_channels else 1
        return math.ceil(self.receptive_field / hop) * hop

    def ids(self, names: Mapping[str, Sequence[str]]) -> dict[str, Array]:
        """Numbers of labels, int32 `(batch,)` per condition; see `wavenet.condition_ids`."""
        for name in names:
            if name not in self.conditions:
                raise InputError(_unknown("condition", name, self.conditions))
        numbers = {}
        for name, labels in self.conditions.items():
            if name not in names:
                raise InputError(
                    f"Expected a label for the condition {name!r}. Received none. There are: "
                    f"{_some(labels)}."
                )
            for label in names[name]:
                if label not in labels:
                    raise InputError(_unknown(name, label, labels))
            numbers[name] = np.array([labels.index(label) for label in names[name]], "int32")
        return numbers


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
    for name in _COUNTS:
        _check_count(plan, name, 1)
    _check_count(plan, "local_channels", 0)
    if isinstance(plan.dilations, str) or not len(plan.dilations):
        raise InputError(f"`dilations` must be ints, one per layer. Received: {plan.dilations!r}")
    for i, dilation in enumerate(plan.dilations):
        checks.check(f"dilations[{i}]", dilation, checks.integer(1))
    checks.check("output", plan.output, checks.choice(OUTPUTS))
    if not isinstance(plan.conditions, dict):
        raise InputError(
            "`conditions` must be a dict from a name to its labels, such as "
            f"{{'genre': ['metal', 'rock']}}. Received: {plan.conditions!r}"
        )
    for name, labels in plan.conditions.items():
        _check_condition(name, labels)


def _check_count(plan, name, least):
    value = checks.check(name, getattr(plan, name), checks.integer(least))
    object.__setattr__(plan, name, value)


def _check_condition(name, labels):
    if name in (WAVEFORM, LOCAL) or not (isinstance(name, str) and name.isidentifier()):
        raise InputError(f"A condition's name must be a word of its own. Received: {name!r}")
    plain = not isinstance(labels, str) and all(isinstance(label, str) for label in labels)
    if not plain or not len(labels) or len(set(labels)) < len(labels):
        raise InputError(f"The labels of {name!r} must be different str. Received: {labels!r}")
