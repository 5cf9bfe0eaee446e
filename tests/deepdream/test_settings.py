"""Settings: each has a check, those of the other kind are named, and presets keep to their kind."""

import dataclasses

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.deepdream.settings import (
    ONLY_PICTURES,
    ONLY_SOUNDS,
    PRESETS,
    RANGES,
    Settings,
    choose,
    config_of,
)

NOT_THAT = {  # for each type of a setting, what is not of it, though Python might take it
    int: (True, 1.0, "2", None, [1], np.array([1, 2])),
    float: (True, "2", None, float("nan"), float("inf"), [1.0], 1j),
    bool: ("no", "yes", 0, 1, None, 0.0),
    str: (1, None, True, "none of them", np.array(["a", "b"]), ["tf"]),
    tuple: ("ab", 1.0, (1.0,), (1.0, 2.0, 3.0), (1.0, "a"), (1.0, True), (0.0, -1.0), None),
}
FIELDS = dataclasses.fields(Settings)


def test_every_setting_has_a_check_and_its_default_passes():
    assert list(RANGES) == [field.name for field in FIELDS]
    Settings()


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_what_is_not_of_a_settings_type_is_named(field):
    for value in NOT_THAT[field.type]:
        with pytest.raises(InputError, match=f"`{field.name}` must be .* Received: "):
            Settings(**{field.name: value})


def test_numpys_numbers_become_pythons():
    settings = Settings(
        octaves=np.int64(2), source_mix=np.float32(0.5), keep_source_detail=np.bool_(False),
        smoothing_width=[np.float64(1.0), 2],
    )  # fmt: skip
    values = (
        settings.octaves,
        settings.source_mix,
        settings.keep_source_detail,
        *settings.smoothing_width,
    )
    assert [type(value) for value in values] == [int, float, bool, float, int]


@pytest.mark.parametrize(
    ("is_picture", "settings", "message"),
    [
        (
            True,
            {"parameterization": "mask"},
            "`parameterization` is a setting of sounds, .* takes pictures: leave it out",
        ),
        (True, {"mask_db": 3.0}, "`mask_db` is a setting of sounds"),
        (True, {"tile_seconds": 0.0}, "`tile_seconds` is .* of sounds.*: use `tile_pixels`"),
        (True, {"roll_seconds": 0.1}, "use `roll_pixels`"),
        (False, {"tile_pixels": 64}, "`tile_pixels` is .* pictures.* sounds: use `tile_seconds`"),
        (False, {"roll_pixels": 32}, "use `roll_seconds`"),
        (
            False,
            {"keep_source_detail": True},
            "`keep_source_detail` is a setting of pictures.*: leave it out",
        ),
        (False, {"preprocessing": "tf"}, "`preprocessing` is a setting of pictures"),
        (False, {"preset": ["gentle"]}, r"`preset` must be one of .* Received: \['gentle'\]"),
    ],
)
def test_settings_of_the_other_kind_are_named(is_picture, settings, message):
    with pytest.raises(InputError, match=message):
        choose(is_picture, **settings)


@pytest.mark.parametrize("preset", [None, *PRESETS])
@pytest.mark.parametrize("is_picture", [False, True])
def test_what_is_written_down_is_chosen_again(is_picture, preset):
    settings = choose(is_picture, preset)
    config = config_of(settings, is_picture)
    assert not set(config) & set(ONLY_SOUNDS if is_picture else ONLY_PICTURES)
    assert choose(is_picture, **config) == settings
