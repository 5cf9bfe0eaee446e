"""Settings of the recipes: every field out of range is named, and plain values are kept."""

import dataclasses

import numpy as np
import pytest

from keras_sounddream import InputError, checks
from keras_sounddream.training import distillation, wavenet
from keras_sounddream.training.recipes import urbansound8k

LEAST_1 = "must be an int of at least 1. Received: {!r}"
ABOVE_0 = "must be finite and above 0. Received: {!r}"
FRACTION = "must be above 0 and below 1. Received: {!r}"

WRONG = [
    *((distillation.Settings, "held_out", value, FRACTION) for value in (0, 1, 1.5, -0.1, "a")),
    (distillation.Settings, "window_seconds", 0, ABOVE_0),
    (distillation.Settings, "window_seconds", float("inf"), ABOVE_0),
    (distillation.Settings, "pictures_per_step", 0, LEAST_1),
    (distillation.Settings, "epochs", 2.0, LEAST_1),
    (distillation.Settings, "batch_size", True, LEAST_1),
    (distillation.Settings, "learning_rate", float("nan"), ABOVE_0),
    (urbansound8k.Settings, "protocol", "nine", "must be one of official, nine_class."),
    (urbansound8k.Settings, "tagging", "by_class", "must be one of by_recording, by_file."),
    (urbansound8k.Settings, "short", "cut", "must be one of tile, pad. Received: {!r}"),
    *((urbansound8k.Settings, "steps", value, LEAST_1) for value in (0, -3, "9", None)),
    (urbansound8k.Settings, "batch_size", 0, LEAST_1),
    (urbansound8k.Settings, "checkpoint_steps", 0.5, LEAST_1),
    (urbansound8k.Settings, "summary_steps", 0, LEAST_1),
    (urbansound8k.Settings, "learning_rate", 0.0, ABOVE_0),
    (urbansound8k.Settings, "low_learning_rate", -1e-4, ABOVE_0),
    (wavenet.Settings, "steps", None, LEAST_1),
    (wavenet.Settings, "checkpoint_steps", 0, LEAST_1),
    (wavenet.Settings, "summary_steps", 1.0, LEAST_1),
    (wavenet.Settings, "optimizer", None, "must be one of adam, sgd, rmsprop. Received: {!r}"),
    (wavenet.Settings, "average", float("nan"), "must be above 0 and below 1, or None."),
]


def make(settings, **fields):
    return settings(**{"steps": 10, **fields} if settings is wavenet.Settings else fields)


@pytest.mark.parametrize(("settings", "field", "value", "message"), WRONG)
def test_a_field_out_of_range_is_named(settings, field, value, message):
    with pytest.raises(InputError) as error:
        make(settings, **{field: value})
    assert str(error.value).startswith(f"`{field}` {message.format(value)}")


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (distillation.Settings, {"held_out": 0.999, "window_seconds": 1e-3, "epochs": 1}),
        (urbansound8k.Settings, {"protocol": "nine_class", "tagging": "by_file", "steps": 1}),
        (wavenet.Settings, {"average": None, "clip_norm": None, "sound_steps": None}),
        (wavenet.Settings, {"average": 0.5, "sound_steps": 1, "warm_up": 9}),
    ],
)
def test_values_at_the_edges_are_kept(settings, fields):
    made = make(settings, **fields)
    assert {name: getattr(made, name) for name in fields} == fields


@pytest.mark.parametrize(
    "settings", [distillation.Settings, urbansound8k.Settings, wavenet.Settings]
)
def test_scalars_of_numpy_become_plain(settings):
    made = make(settings, batch_size=np.int64(4)) if settings is not wavenet.Settings else None
    made = made or make(settings, keep=np.int64(4))
    value = getattr(made, "batch_size", None) or made.keep
    assert type(value) is int
    assert value == 4


@pytest.mark.parametrize(
    "settings", [distillation.Settings, urbansound8k.Settings, wavenet.Settings]
)
def test_settings_stay_as_they_were_made(settings):
    made = make(settings)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.seed = 1
    with pytest.raises(InputError):
        dataclasses.replace(made, **{"learning_rate": -1.0})


def test_the_labels_are_those_of_the_protocol():
    official, nine = (urbansound8k.Settings(protocol=name) for name in ("official", "nine_class"))
    assert len(official.labels) == 10
    assert set(official.labels) - set(nine.labels) == {"gun_shot"}
    assert urbansound8k.describe_test(official) == "fold 10"
    assert "tagged by_recording, seed 0" in urbansound8k.describe_test(nine)


def test_fields_of_any_dataclass_are_checked():
    @dataclasses.dataclass
    class Pair:
        count: int
        share: float | None

    allowed = {"count": checks.integer(2), "share": checks.optional(checks.fraction())}
    pair = Pair(np.int32(3), None)
    checks.check_fields(pair, allowed)
    assert (type(pair.count), pair.share) == (int, None)
    with pytest.raises(InputError, match="`count` must be an int of at least 2. Received: 1"):
        checks.check_fields(Pair(1, 0.5), allowed)
    with pytest.raises(InputError, match="`share` must be above 0 and below 1, or None"):
        checks.check_fields(Pair(2, 1.0), allowed)


@pytest.mark.parametrize(
    ("value", "fits"),
    [(0, False), (1e-9, True), (0.5, True), (1, False), (True, False), ("0.5", False)],
)
def test_a_fraction_is_between_its_ends(value, fits):
    assert checks.fraction().fits(value) == fits
    assert checks.optional(checks.fraction()).fits(value) == fits
    assert checks.optional(checks.fraction()).fits(None)
