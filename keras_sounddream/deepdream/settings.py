"""Settings of a dream, with their ranges, and named sets of them."""

import dataclasses

import numpy as np

from keras_sounddream.deepdream.ascent.updates import NORMALIZATIONS, SMOOTHINGS
from keras_sounddream.deepdream.params.pixels import MODES
from keras_sounddream.errors import InputError


def _count(least, most):
    return (
        f"an int from {least} to {most}",
        lambda value: (
            isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        ),
    )


def _number(least, most, above=False):
    def fits(value):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and least <= value <= most and not (above and value == least)

    return f"{'above' if above else 'at least'} {least:g} and at most {most:g}", fits


def _pair(least, most):
    _, fits = _number(least, most)
    return (
        f"a pair of numbers from {least:g} to {most:g}",
        lambda value: isinstance(value, tuple) and len(value) == 2 and all(map(fits, value)),
    )


def _one_of(choices):
    words = f"one of {', '.join(choices)}"
    return words, lambda value: isinstance(value, str) and value in choices


_SEED = "an int below 2 ** 31, in size", _count(1 - 2**31, 2**31 - 1)[1]
_FLAG = "True or False", lambda value: isinstance(value, bool)
RANGES = {
    "octaves": _count(1, 10_000),
    "steps": _count(1, 10_000),
    "step_size": _number(0.0, 40.0, above=True),
    "time_factor": _number(1.0, 16.0),
    "frequency_factor": _number(1.0, 16.0),
    "seed": _SEED,
    "parameterization": _one_of(("log_magnitude", "mask")),
    "mask_db": _number(0.0, 120.0, above=True),
    "normalization": _one_of(NORMALIZATIONS),
    "normalize_over": _one_of(("whole", "tile")),
    "smoothing": _one_of(SMOOTHINGS),
    "smoothing_width": _pair(0.0, 8.0),
    "momentum": _number(0.0, 0.99),
    "roll_seconds": _number(0.0, 10.0),
    "roll_pixels": _count(0, 100_000),
    "scale": _number(0.0, 0.5),
    "source_mix": _number(0.0, 0.99),
    "keep_source_detail": _FLAG,
    "tile_seconds": _number(0.0, 3600.0),
    "tile_pixels": _count(0, 100_000),
    "approximate": _FLAG,
    "preprocessing": _one_of(MODES),
    "precision": _one_of(("float32", "bfloat16")),
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a dream goes about it.

    Attributes:
        octaves: int, scales, from coarse to fine.
        steps: int, of ascent in each octave.
        step_size: float, the most that a bounded step changes: dB of any frame and bin, or levels
            (of 255) of any pixel.
        time_factor: float, from one octave to the next in time; of pictures, in rows.
        frequency_factor: float, likewise in frequency; of pictures, in columns.
        seed: int, of all that is random.
        way: str, `"log_magnitude"` to change a sound's spectrogram, or `"mask"` to put a filter on
            the source that changes at most `mask_db`. Pictures have one way.
        mask_db: float, dB.
        normalization: str, how a gradient is brought to a common size: `"bounded"` (cut off at
            twice its root mean square), `"deviation"`, `"magnitude"`, `"norm"` or `"none"`.
        normalize_over: str, `"whole"`, or `"tile"` to bring every tile to that size first.
        smoothing: str, of the gradient: `"none"`, `"gaussian"`, `"three_gaussians"` or
            `"laplacian"`.
        smoothing_width: pair of float, standard deviation at the first and at the last step of an
            octave, in frames and bins, or pixels.
        momentum: float, part of the last step that is made again.
        roll_seconds: float, s, the most that a sound is moved along time before a step.
        roll_pixels: int, likewise of a picture.
        zoom: float, the most by which a sound or picture is stretched before a step: 0.1 for 0.9
            to 1.1 times its size.
        blend: float, share of the source that comes back at the start of each octave.
        detail: bool, whether a picture keeps its source's own detail at each size.
        tile_seconds: float, s, of the tiles that a sound's gradient is taken by; 0 for none.
        tile_pixels: int, likewise of a picture.
        approximate: bool, whether an objective without exact tiles may be averaged over them.
        preprocessing: str, what a picture's model takes: `"tf"`, `"torch"`, `"caffe"`, `"unit"` or
            `"none"`; always `"none"` for a model with a layer `front_end`.
        precision: str, of the network that the way is found by: `"float32"`, or `"bfloat16"`,
            which is quicker on processors that have it (AVX512-BF16, AMX, most GPUs) and slower on
            others. What is measured is always read in float32.
    """

    octaves: int = 4
    steps: int = 10
    step_size: float = 4.0
    time_factor: float = 2.0
    frequency_factor: float = 2.0
    seed: int = 0
    parameterization: str = "log_magnitude"
    mask_db: float = 20.0
    normalization: str = "bounded"
    normalize_over: str = "whole"
    smoothing: str = "none"
    smoothing_width: tuple = (1.0, 1.0)
    momentum: float = 0.0
    roll_seconds: float = 0.01
    roll_pixels: int = 32
    scale: float = 0.0
    source_mix: float = 0.0
    keep_source_detail: bool = True
    tile_seconds: float = 0.0
    tile_pixels: int = 0
    approximate: bool = False
    preprocessing: str = "tf"
    precision: str = "float32"

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = _plain(getattr(self, field.name))
            words, fits = RANGES[field.name]
            if not fits(value):
                raise InputError(f"`{field.name}` must be {words}. Received: {value!r}")
            object.__setattr__(self, field.name, value)


# Each preset changes some settings of sounds' or pictures' defaults.
PRESETS = {
    "gentle": {"step_size": 1.5, "octaves": 3, "smoothing": "gaussian"},
    "vivid": {"step_size": 6.0, "steps": 20},
    # New Deep Dreams' recursion: 3 levels, 100 steps of 0.02 of a range of 2, blend 0.15
    "natural_dreams": {
        "octaves": 3,
        "steps": 100,
        "step_size": 2.55,
        "time_factor": 1 / 0.85,
        "frequency_factor": 1 / 0.85,
        "normalization": "deviation",
        "source_mix": 0.15,
        "keep_source_detail": False,
    },
    # Hvass Pedersen's TensorFlow tutorial 14: 5 levels, 10 steps of 3 of 255, tiles of 400
    "tutorial": {
        "octaves": 5,
        "steps": 10,
        "step_size": 3.0,
        "time_factor": 1 / 0.7,
        "frequency_factor": 1 / 0.7,
        "normalization": "deviation",
        "normalize_over": "tile",
        "smoothing": "three_gaussians",
        "smoothing_width": (0.5, 4.0),
        "source_mix": 0.2,
        "keep_source_detail": False,
        "tile_pixels": 400,
        "roll_pixels": 200,
    },
}
OF_PICTURES = {"time_factor": 1.4, "frequency_factor": 1.4}  # defaults that differ from sounds'
ONLY_SOUNDS = {  # have these; what pictures have in their place
    "parameterization": None,
    "mask_db": None,
    "roll_seconds": "roll_pixels",
    "tile_seconds": "tile_pixels",
}
ONLY_PICTURES = {
    "roll_pixels": "roll_seconds",
    "keep_source_detail": None,
    "tile_pixels": "tile_seconds",
    "preprocessing": None,
}
# A gradient on the log-magnitude has a few numbers hundreds of times as large as the others.
OF_SOUNDS = {"normalization": "bounded", "normalize_over": "whole"}  # whatever a preset says


def choose(is_picture, preset=None, **settings):
    """Puts settings together: the defaults, over them a preset, over it what is given.

    Args:
        is_picture: bool, whether pictures are dreamed on.
        preset: str, key of `PRESETS`, or `None`.
        **settings: of `Settings`.

    Returns:
        `Settings`.

    Raises:
        InputError: if there is no such preset or setting, one is of the other kind alone, or out of
            its range.
    """
    if preset is not None and not (isinstance(preset, str) and preset in PRESETS):
        raise InputError(f"`preset` must be one of {', '.join(PRESETS)}. Received: {preset!r}")
    known = [field.name for field in dataclasses.fields(Settings)]
    others = ONLY_SOUNDS if is_picture else ONLY_PICTURES
    for name in settings:
        if name not in known:
            raise InputError(f"A dream has no setting {name!r}. It has: {', '.join(known)}")
        if name in others:
            raise InputError(_of_the_other_kind(name, others[name], is_picture))
    chosen = PRESETS.get(preset, {})
    chosen = {**OF_PICTURES, **chosen} if is_picture else {**chosen, **OF_SOUNDS}
    chosen = {name: value for name, value in chosen.items() if name not in others}
    return Settings(**{**chosen, **settings})


def config_of(settings, is_picture):
    """Writes settings down, those of the other kind left out.

    Args:
        settings: `Settings`.
        is_picture: bool, whether pictures are dreamed on.

    Returns:
        dict that JSON can hold, of what `choose` takes.
    """
    others = ONLY_SOUNDS if is_picture else ONLY_PICTURES
    config = {**dataclasses.asdict(settings), "smoothing_width": list(settings.smoothing_width)}
    return {name: value for name, value in config.items() if name not in others}


def _of_the_other_kind(name, instead, is_picture):
    own, here = ("sounds", "pictures") if is_picture else ("pictures", "sounds")
    advice = f"use `{instead}`" if instead else "leave it out"
    return f"`{name}` is a setting of {own}, and this network takes {here}: {advice}."


def _plain(value):
    """NumPy's numbers become Python's, and lists tuples."""
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value
