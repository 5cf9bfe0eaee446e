"""Named sets of settings, and what `strength` means in dB and levels."""

from typing import Any

import numpy as np

# Each preset changes some settings of sounds' or pictures' defaults.
PRESETS: dict[str, dict[str, Any]] = {
    "gentle": {"strength": 0.25},
    "vivid": {"strength": 1.0},
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
    # What other networks hear, too, of a class with guides: docs/benchmarks/dreams/dream_heard.md
    "heard": {
        "octaves": 1,
        "steps": 60,
        "step_size": 1.0,
        "smoothing": "gaussian",
        "smoothing_width": (2.0, 2.0),
        "parameterization": "log_magnitude",
        "roll_seconds": 0.24,
    },
    # Of a unit, from noise: the spectrogram itself is changed, and the gradient smoothed less and
    # less, or single bins would be driven
    "from_noise": {
        "octaves": 3,
        "steps": 16,
        "step_size": 3.0,
        "smoothing": "gaussian",
        "smoothing_width": (2.0, 0.5),
        "parameterization": "log_magnitude",
        "keep_source_detail": False,
    },
}
DEFAULT_STRENGTH = 0.5
# Settings at other strengths than the default's, whose are those of `Settings`.
STRENGTHS: dict[str, dict[float, dict[str, float]]] = {
    "sound": {
        0.0: {"mask_db": 3.0, "fall_db": 1.0, "step_size": 0.5, "ceiling_db": 3.0},
        0.25: {"mask_db": 20.0, "fall_db": 8.0, "step_size": 2.0, "ceiling_db": 3.0},
        0.75: {"mask_db": 60.0, "fall_db": 20.0, "step_size": 9.0, "ceiling_db": 0.0},
        1.0: {"mask_db": 80.0, "fall_db": 80.0, "step_size": 10.0, "ceiling_db": -6.0},
    },
    "picture": {0.0: {"step_size": 0.25}, 0.25: {"step_size": 1.5}, 1.0: {"step_size": 12.0}},
}


def at_strength(kind: str, strength: float, defaults: dict[str, Any]) -> dict[str, float]:
    """Settings at a strength, interpolated between those of `STRENGTHS` and the defaults.

    Args:
        kind: `"sound"` or `"picture"`.
        strength: 0 to 1.
        defaults: settings by name at `DEFAULT_STRENGTH`.

    Returns:
        Numbers by name.
    """
    points = {**STRENGTHS[kind], DEFAULT_STRENGTH: {}}
    places = sorted(points)
    names = {name for point in points.values() for name in point}
    return {
        name: float(
            np.interp(strength, places, [points[p].get(name, defaults[name]) for p in places])
        )
        for name in sorted(names)
    }
