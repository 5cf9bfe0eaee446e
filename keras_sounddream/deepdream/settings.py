"""Settings of a dream: meaning, allowed values and default of each."""

import dataclasses
import importlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from keras_sounddream import checks
from keras_sounddream.deepdream.presets import DEFAULT_STRENGTH, PRESETS, at_strength
from keras_sounddream.errors import InputError

KINDS = ("sound", "picture")
PREPROCESSING = ("tf", "torch", "caffe", "unit", "none")  # of pixels: see `pixels.MODES`
RENAMED = {  # former name: name
    "way": "parameterization",
    "zoom": "scale",
    "blend": "source_mix",
    "detail": "keep_source_detail",
}


@dataclasses.dataclass(frozen=True)
class Registered:
    """Allows a name of a registry, which is imported when a value is checked, or a function."""

    module: str
    registry: str
    built_in: tuple[str, ...]  # names that are known without the import

    @property
    def text(self) -> str:
        """Completes "must be …" in an error."""
        return f"one of {', '.join(self._names())}, or a function"

    def fits(self, value: Any) -> bool:
        """Tells whether a value is allowed."""
        return callable(value) or (isinstance(value, str) and value in self._names())

    def _names(self):
        return getattr(importlib.import_module(f"keras_sounddream.{self.module}"), self.registry)


def _is_transform(value):
    from keras_sounddream.deepdream.params.transforms import Transform  # with Keras, as its value

    return isinstance(value, Transform)


_UPDATES = "deepdream.ascent.updates"
_NORMALIZATIONS = ("bounded", "deviation", "magnitude", "norm", "none")
_SMOOTHINGS = ("none", "gaussian", "three_gaussians", "laplacian")
_TRANSFORMS = checks.Allowed(
    "a list of Transform layers",
    lambda value: isinstance(value, tuple) and all(map(_is_transform, value)),
)


def _setting(default, allowed, text, only=None):
    metadata = {"allowed": allowed, "help": text, "only": only}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a dream; `DeepDream` documents each.

    A field's metadata holds `allowed`, what its values may be; `help`, one sentence on it; and
    `only`, `"sound"` or `"picture"` where the other kind of dream does not have it.
    """

    strength: float = _setting(
        DEFAULT_STRENGTH,
        checks.number(0.0, 1.0),
        "How far the dream goes: 0 hardly changes the input, 1 leaves little of it. It sets the "
        "step size and, of sounds, the bounds of the mask.",
    )
    octaves: int = _setting(
        4, checks.integer(1, 10_000), "Grid sizes of the ascent, coarse to fine."
    )
    steps: int = _setting(10, checks.integer(1, 10_000), "Gradient-ascent steps per octave.")
    step_size: float = _setting(
        8.0,
        checks.number(0.0, 40.0, above=True),
        "Largest change per step: dB of any bin of a sound, levels of 255 of any pixel.",
    )
    time_factor: float = _setting(
        2.0,
        checks.number(1.0, 16.0),
        "Ratio of one octave's grid to the next along time, or along the rows of a picture.",
    )
    frequency_factor: float = _setting(
        2.0,
        checks.number(1.0, 16.0),
        "Ratio of one octave's grid to the next along frequency, or along columns.",
    )
    seed: int = _setting(0, checks.seed(), "Seed of everything random.")
    parameterization: str = _setting(
        "mask",
        checks.choice(("mask", "log_magnitude")),
        "Variable: mask, a bounded filter on the input; or log_magnitude, the spectrogram.",
        only="sound",
    )
    mask_db: float = _setting(
        40.0, checks.number(0.0, 120.0), "Most that a bin of the mask rises, in dB.", only="sound"
    )
    fall_db: float = _setting(
        15.0, checks.number(0.0, 120.0), "Most that a bin of the mask falls, in dB.", only="sound"
    )
    ceiling_db: float = _setting(
        2.5,
        checks.number(-60.0, 60.0),
        "A bin rises up to so many dB below the loudest of its frame.",
        only="sound",
    )
    normalization: Any = _setting(
        "bounded",
        Registered(_UPDATES, "NORMALIZATIONS", _NORMALIZATIONS),
        "Scaling of the gradient: bounded, deviation, magnitude, norm or none.",
    )
    normalize_over: str = _setting(
        "whole",
        checks.choice(("whole", "tile")),
        "Extent of that scaling: whole, or tile to scale each tile first.",
    )
    smoothing: Any = _setting(
        "none",
        Registered(_UPDATES, "SMOOTHINGS", _SMOOTHINGS),
        "Smoothing of the gradient: none, gaussian, three_gaussians or laplacian.",
    )
    smoothing_width: tuple[float, float] = _setting(
        (1.0, 1.0),
        checks.pair(0.0, 8.0),
        "Standard deviation of the smoothing at an octave's first and last step, in bins.",
    )
    momentum: float = _setting(
        0.0, checks.number(0.0, 0.99), "Share of the last step that is repeated."
    )
    roll_seconds: float = _setting(
        0.01,
        checks.number(0.0, 10.0),
        "Largest random shift along time before each step, in seconds.",
        only="sound",
    )
    roll_pixels: int = _setting(
        32,
        checks.integer(0, 100_000),
        "Largest random shift before each step, in pixels.",
        only="picture",
    )
    scale: float = _setting(
        0.0,
        checks.number(0.0, 0.5),
        "Largest random stretch before each step: 0.1 for 0.9 to 1.1 times the size.",
    )
    transforms: tuple = _setting(
        (), _TRANSFORMS, "Further random transforms before each step (Python only)."
    )
    source_mix: float = _setting(
        0.0, checks.number(0.0, 0.99), "Share of the input mixed in at the start of each octave."
    )
    keep_source_detail: bool = _setting(
        True, checks.flag(), "Keep the input's own detail at each size.", only="picture"
    )
    tile_seconds: float = _setting(
        0.0,
        checks.number(0.0, 3600.0),
        "Length of the tiles that the gradient is computed in, in seconds; 0 for no tiles.",
        only="sound",
    )
    tile_pixels: int = _setting(
        0,
        checks.integer(0, 100_000),
        "Side of the tiles that the gradient is computed in, in pixels; 0 for no tiles.",
        only="picture",
    )
    approximate: bool = _setting(
        False, checks.flag(), "Average tiles where an objective has no exact tiles."
    )
    preprocessing: str = _setting(
        "tf",
        checks.choice(PREPROCESSING),
        "Pixels that the network takes: tf, torch, caffe, unit or none.",
        only="picture",
    )
    precision: str = _setting(
        "float32",
        checks.choice(("float32", "bfloat16", "auto")),
        "Precision of the network during the ascent: float32, bfloat16, or auto, the quicker one.",
    )

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            plain = checks.check(field.name, value, field.metadata["allowed"])
            object.__setattr__(self, field.name, plain)

    @property
    def grids(self) -> np.ndarray:
        """How much coarser each octave's grid is than the finest: float32 `(octaves, 2)`.

        Columns are time (rows of a picture) and frequency (columns); coarsest first, so the last
        row is `(1, 1)`.

        Example:
            >>> Settings(octaves=3, time_factor=2.0, frequency_factor=1.5).grids.tolist()
            [[4.0, 2.25], [2.0, 1.5], [1.0, 1.0]]
        """
        exponents = np.arange(self.octaves)[::-1, np.newaxis]
        factors = np.array([[self.time_factor, self.frequency_factor]])
        return (factors**exponents).astype("float32")


FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
_INSTEAD = {  # the setting of the other kind that does the same
    "roll_seconds": "roll_pixels",
    "tile_seconds": "tile_pixels",
    "roll_pixels": "roll_seconds",
    "tile_pixels": "tile_seconds",
}
_PICTURE_DEFAULTS = {"step_size": 4.0, "time_factor": 1.4, "frequency_factor": 1.4}
# A gradient on the log-magnitude has a few numbers hundreds of times as large as the others.
_SOUND_ALWAYS = {"normalization": "bounded", "normalize_over": "whole"}  # whatever a preset says


def names(kind: str) -> list[str]:
    """Names of the settings that a dream of a kind, `"sound"` or `"picture"`, has."""
    return [name for name, field in FIELDS.items() if field.metadata["only"] in (None, kind)]


def defaults(kind: str, preset: str | None = None, strength: float | None = None) -> dict[str, Any]:
    """Default settings by name, of a dream of a kind, under a preset, at a strength.

    Raises:
        InputError: if there is no such preset, or the strength is out of its range.
    """
    if preset is not None and not (isinstance(preset, str) and preset in PRESETS):
        raise InputError(f"`preset` must be one of {', '.join(PRESETS)}. Received: {preset!r}")
    values = {name: field.default for name, field in FIELDS.items()}
    values |= _PICTURE_DEFAULTS if kind == "picture" else {}
    chosen = dict(PRESETS[preset]) if preset else {}
    if strength is not None:
        chosen["strength"] = checks.check(
            "strength", strength, FIELDS["strength"].metadata["allowed"]
        )
    if "strength" in chosen:
        chosen |= at_strength(kind, chosen["strength"], values)
    values |= chosen if kind == "picture" else {**chosen, **_SOUND_ALWAYS}
    return {name: values[name] for name in names(kind)}


def choose(kind: str, preset: str | None = None, **given: Any) -> Settings:
    """Combines the defaults of a kind of dream, a preset, and settings that are given.

    Args:
        kind: `"sound"` or `"picture"`.
        preset: key of `PRESETS`, or `None`.
        **given: fields of `Settings`, which count before the preset.

    Raises:
        InputError: if there is no such preset or setting, or one belongs to the other kind alone
            or is out of its range.
    """
    check_names(kind, given)
    chosen = defaults(kind, preset, given.get("strength"))
    return Settings(**{**chosen, **given})


def check_names(kind: str, given: Iterable[str]) -> None:
    """Checks that a kind of dream has settings of these names.

    Raises:
        InputError: if there is no such setting, or it belongs to the other kind alone.
    """
    for name in given:
        if name in RENAMED:
            raise InputError(f"The setting `{name}` is called `{RENAMED[name]}` now.")
        if name not in FIELDS:
            raise InputError(f"A dream has no setting {name!r}. It has: {', '.join(FIELDS)}")
        if name not in names(kind):
            raise InputError(_of_the_other_kind(name, kind))


def config_of(settings: Settings, kind: str) -> dict[str, Any]:
    """Settings of a kind of dream as a dictionary that JSON can hold, and that `choose` takes."""
    return {name: _stored(name, getattr(settings, name)) for name in names(kind)}


def _stored(name, value):
    if name == "transforms":
        import keras

        return [keras.saving.serialize_keras_object(layer) for layer in value]
    if callable(value):
        registry = FIELDS[name].metadata["allowed"]
        known = [key for key, function in registry._names().items() if function is value]
        if not known:
            raise InputError(
                f"The function of `{name}` cannot be saved: register it under a name "
                f"(deepdream.ascent.register_{name}) and give that."
            )
        return known[0]
    return list(value) if isinstance(value, tuple) else value


def _of_the_other_kind(name, kind):
    instead = _INSTEAD.get(name)
    advice = f"use `{instead}`" if instead else "leave it out"
    owner = "pictures" if kind == "sound" else "sounds"
    return f"`{name}` is a setting of {owner}, and this network takes {kind}s: {advice}."
