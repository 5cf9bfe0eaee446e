"""What each setting of a dream may be: a pair of words for it and a function that tells."""

from keras_sounddream.deepdream.ascent import NORMALIZATIONS, SMOOTHINGS
from keras_sounddream.deepdream.picture import MODES


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
    "way": _one_of(("log_magnitude", "mask")),
    "mask_db": _number(0.0, 120.0, above=True),
    "normalization": _one_of(NORMALIZATIONS),
    "normalize_over": _one_of(("whole", "tile")),
    "smoothing": _one_of(SMOOTHINGS),
    "smoothing_width": _pair(0.0, 8.0),
    "momentum": _number(0.0, 0.99),
    "roll_seconds": _number(0.0, 10.0),
    "roll_pixels": _count(0, 100_000),
    "zoom": _number(0.0, 0.5),
    "blend": _number(0.0, 0.99),
    "detail": _FLAG,
    "tile_seconds": _number(0.0, 3600.0),
    "tile_pixels": _count(0, 100_000),
    "approximate": _FLAG,
    "preprocessing": _one_of(MODES),
    "precision": _one_of(("float32", "bfloat16")),
}
