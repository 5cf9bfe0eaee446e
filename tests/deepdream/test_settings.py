"""Settings: each has a check, those of the other kind are named, and presets keep to their kind."""

import inspect

import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError
from keras_sounddream.deepdream.ascent import updates
from keras_sounddream.deepdream.params.pixels import MODES
from keras_sounddream.deepdream.settings import (
    FIELDS,
    KINDS,
    PREPROCESSING,
    PRESETS,
    RENAMED,
    Settings,
    choose,
    config_of,
    defaults,
    names,
)

NOT_THAT = {  # for each type of a setting, what is not of it, though Python might take it
    int: (True, 1.0, "2", None, [1], np.array([1, 2])),
    float: (True, "2", None, float("nan"), float("inf"), [1.0], 1j),
    bool: ("no", "yes", 0, 1, None, 0.0),
    str: (1, None, True, "none of them", np.array(["a", "b"]), ["tf"]),
    tuple: ("ab", 1.0, (1.0,), (1.0, 2.0, 3.0), (1.0, "a"), (1.0, True), (0.0, -1.0), None),
}
CHANGED = [name for name in FIELDS if name != "transforms"]


@pytest.mark.parametrize("name", CHANGED)
def test_values_of_another_type_are_named(name):
    for value in NOT_THAT[type(FIELDS[name].default)]:
        with pytest.raises(InputError, match=f"`{name}` must be .* Received: "):
            Settings(**{name: value})


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_has_help_and_its_default_is_allowed(name):
    metadata = FIELDS[name].metadata
    assert metadata["allowed"].fits(FIELDS[name].default)
    assert metadata["help"].endswith((".", "(Python only)."))
    assert metadata["help"][0].isupper()
    assert not metadata["help"].startswith("Of ")
    assert metadata["only"] in (None, *KINDS)


def test_a_dreams_signature_is_the_table_of_settings():
    parameters = inspect.signature(DeepDream).parameters
    own = [n for n, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY]
    assert own == ["front_end", "constants", "generator", *FIELDS]
    documented = inspect.getdoc(DeepDream)
    assert all(f"\n    {name}: " in documented for name in FIELDS)


@pytest.mark.parametrize("value", ["soft", ["soft"], None, 3])
def test_transforms_are_a_list_of_layers(value):
    with pytest.raises(InputError, match="`transforms` must be a list of Transform layers"):
        Settings(transforms=value)


def test_the_names_of_preprocessing_are_those_that_pixels_have():
    assert list(PREPROCESSING) == list(MODES)


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
    ("kind", "settings", "message"),
    [
        (
            "picture",
            {"parameterization": "mask"},
            "`parameterization` is a setting of sounds, .* takes pictures: leave it out",
        ),
        ("picture", {"mask_db": 3.0}, "`mask_db` is a setting of sounds"),
        ("picture", {"tile_seconds": 0.0}, "`tile_seconds` is .* of sounds.*: use `tile_pixels`"),
        ("picture", {"roll_seconds": 0.1}, "use `roll_pixels`"),
        ("sound", {"tile_pixels": 64}, "`tile_pixels` is .* pictures.*: use `tile_seconds`"),
        ("sound", {"roll_pixels": 32}, "use `roll_seconds`"),
        (
            "sound",
            {"keep_source_detail": True},
            "`keep_source_detail` is a setting of pictures.*: leave it out",
        ),
        ("sound", {"preprocessing": "tf"}, "`preprocessing` is a setting of pictures"),
        ("sound", {"preset": ["gentle"]}, r"`preset` must be one of .* Received: \['gentle'\]"),
        (
            "sound",
            {"volume": 3},
            "A dream has no setting 'volume'. It has: strength, octaves",
        ),
        ("sound", {"octaves": 0}, "`octaves` must be an int from 1 to 10000. Received: 0"),
        ("sound", {"step_size": 0.0}, "`step_size` must be above 0 and at most 40"),
        ("sound", {"seed": 2**31}, "`seed` must be an int below 2 .. 31"),
        ("sound", {"smoothing": "box"}, "must be one of none, gaussian.*, or a function"),
        ("picture", {"preprocessing": print}, "`preprocessing` must be one of tf, torch"),
        *(("sound", {old: 1}, f"`{old}` is called `{new}` now") for old, new in RENAMED.items()),
    ],
)
def test_settings_that_do_not_fit_are_named(kind, settings, message):
    with pytest.raises(InputError, match=message):
        choose(kind, **settings)


@pytest.mark.parametrize("preset", [None, *PRESETS])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_down_is_chosen_again(kind, preset):
    settings = choose(kind, preset)
    config = config_of(settings, kind)
    assert list(config) == names(kind)
    assert {FIELDS[name].metadata["only"] for name in config} <= {None, kind}
    assert choose(kind, **config) == settings
    plain = {n: list(v) if isinstance(v, tuple) else v for n, v in defaults(kind, preset).items()}
    assert config == plain


@pytest.fixture
def registries():
    kept = dict(updates.NORMALIZATIONS), dict(updates.SMOOTHINGS)
    yield
    for registry, before in zip((updates.NORMALIZATIONS, updates.SMOOTHINGS), kept, strict=True):
        registry.clear()
        registry.update(before)


def test_functions_of_ones_own_are_saved_by_their_names(registries):
    def signs(gradient):
        return gradient / abs(gradient)

    settings = choose("sound", normalization=signs)
    with pytest.raises(InputError, match="of `normalization` cannot be saved: register it"):
        config_of(settings, "sound")
    assert updates.register_normalization("signs")(signs) is signs
    assert config_of(settings, "sound")["normalization"] == "signs"
    assert choose("sound", normalization="signs").normalization == "signs"
    with pytest.raises(InputError, match="Expected a new name, an identifier. Received: 'signs'"):
        updates.register_normalization("signs")(signs)
    with pytest.raises(InputError, match="Received: 'not a name'"):
        updates.register_smoothing("not a name")(signs)
