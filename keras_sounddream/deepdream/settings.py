"""Settings of a dream, with their ranges, and named sets of them."""

import dataclasses
import math

import numpy as np

from keras_sounddream.deepdream.ascent import NORMALIZATIONS, SMOOTHINGS
from keras_sounddream.deepdream.picture import MODES
from keras_sounddream.errors import InputError

WAYS = ("log_magnitude", "mask")


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
    way: str = "log_magnitude"
    mask_db: float = 20.0
    normalization: str = "bounded"
    normalize_over: str = "whole"
    smoothing: str = "none"
    smoothing_width: tuple = (1.0, 1.0)
    momentum: float = 0.0
    roll_seconds: float = 0.01
    roll_pixels: int = 32
    zoom: float = 0.0
    blend: float = 0.0
    detail: bool = True
    tile_seconds: float = 0.0
    tile_pixels: int = 0
    approximate: bool = False
    preprocessing: str = "tf"
    precision: str = "float32"

    def __post_init__(self):
        for field in dataclasses.fields(self):  # NumPy's numbers become Python's
            value = getattr(self, field.name)
            if isinstance(value, np.generic):
                object.__setattr__(self, field.name, value.item())
        if not isinstance(self.smoothing_width, tuple | list):
            raise InputError(f"`smoothing_width` must be a pair. Received: {self.smoothing_width}")
        object.__setattr__(self, "smoothing_width", tuple(self.smoothing_width))
        for name in ("octaves", "steps"):
            _check_count(name, getattr(self, name), 1, 10_000)
        for name in ("roll_pixels", "tile_pixels"):
            _check_count(name, getattr(self, name), 0, 100_000)
        for name, limits in _RANGES.items():
            _check_range(name, getattr(self, name), *limits)
        if len(self.smoothing_width) != 2:
            raise InputError(f"`smoothing_width` must be a pair. Received: {self.smoothing_width}")
        for width in self.smoothing_width:
            _check_range("smoothing_width", width, 0.0, 8.0)
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise InputError(
                    f"`{name}` must be one of {', '.join(choices)}. "
                    f"Received: {getattr(self, name)!r}"
                )
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or abs(self.seed) >= 2**31:
            raise InputError(f"`seed` must be an int below 2 ** 31. Received: {self.seed!r}")


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
        "blend": 0.15,
        "detail": False,
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
        "blend": 0.2,
        "detail": False,
        "tile_pixels": 400,
        "roll_pixels": 200,
    },
}
OF_PICTURES = {"time_factor": 1.4, "frequency_factor": 1.4}  # defaults that differ from sounds'
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
        InputError: if there is no such preset or setting, or one is out of its range.
    """
    if preset is not None and preset not in PRESETS:
        raise InputError(f"`preset` must be one of {', '.join(PRESETS)}. Received: {preset!r}")
    known = [field.name for field in dataclasses.fields(Settings)]
    for name in settings:
        if name not in known:
            raise InputError(f"A dream has no setting {name!r}. It has: {', '.join(known)}")
    chosen = PRESETS.get(preset, {})
    chosen = {**OF_PICTURES, **chosen} if is_picture else {**chosen, **OF_SOUNDS}
    return Settings(**{**chosen, **settings})


_CHOICES = {
    "way": WAYS,
    "normalization": tuple(NORMALIZATIONS),
    "normalize_over": ("whole", "tile"),
    "smoothing": tuple(SMOOTHINGS),
    "preprocessing": tuple(MODES),
    "precision": ("float32", "bfloat16"),
}
_RANGES = {  # least and most; least is allowed unless it says otherwise
    "step_size": (0.0, 40.0, True),
    "time_factor": (1.0, 16.0),
    "frequency_factor": (1.0, 16.0),
    "mask_db": (0.0, 120.0, True),
    "momentum": (0.0, 0.99),
    "roll_seconds": (0.0, 10.0),
    "zoom": (0.0, 0.5),
    "blend": (0.0, 0.99),
    "tile_seconds": (0.0, 3600.0),
}


def _check_count(name, value, least, most):
    if isinstance(value, bool) or not (isinstance(value, int) and least <= value <= most):
        raise InputError(f"`{name}` must be an int from {least} to {most}. Received: {value!r}")


def _check_range(name, value, least, most, above=False):
    within = isinstance(value, int | float) and math.isfinite(value) and least <= value <= most
    if not within or (above and value == least):
        lower = f"above {least:g}" if above else f"at least {least:g}"
        raise InputError(f"`{name}` must be {lower} and at most {most:g}. Received: {value!r}")
