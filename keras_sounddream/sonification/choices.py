"""Methods of sonification and their settings, checked without Keras."""

from collections.abc import Sequence
from typing import Any

from keras_sounddream.checks import check, choice, integer
from keras_sounddream.deepdream import settings as dream_settings
from keras_sounddream.errors import InputError
from keras_sounddream.sonification import inverse_fft, parameter_map

METHODS = ("ifft", "mask", "invert", "parameter_map")
SAMPLE_RATE = integer(1000, 192000)  # Hz
_SETTINGS = {
    "ifft": ("least_seconds",),
    "mask": (),
    "invert": ("steps",),
    "parameter_map": ("seconds", "voices", "lowest_hz", "octaves"),
}


def check_choices(
    method: str,
    combines: Sequence[str],
    mix: str,
    sample_rate: int | None = None,
    level_db: float | None = None,
    settings: dict[str, Any] | None = None,
) -> None:
    """Refuses arguments of `sonify` that do not fit, as far as no model is needed to tell."""
    check("method", method, choice(METHODS))
    check("mix", mix, choice(inverse_fft.MIXES))
    for combine in combines:
        check("combine", combine, choice(inverse_fft.COMBINES))
        if method == "invert" and combine != "sum":
            raise InputError("`invert` uses all filters at once: leave `combine` at sum.")
    if sample_rate is not None:
        check("sample_rate", sample_rate, SAMPLE_RATE)
    if level_db is not None:
        check("level_db", level_db, inverse_fft.LEVEL_DB)
    _check_settings(method, settings or {})


def _check_settings(method, settings):
    for name in settings:
        if name not in _SETTINGS[method]:
            known = ", ".join(_SETTINGS[method]) or "none of its own"
            raise InputError(f"`{method}` has no setting {name!r}. It has: {known}")
    if "least_seconds" in settings:
        check("least_seconds", settings["least_seconds"], inverse_fft.LEAST_SECONDS)
    if method == "parameter_map":
        parameter_map.check_settings(**settings)
    if method == "invert" and "steps" in settings:
        check("steps", settings["steps"], dream_settings.FIELDS["steps"].metadata["allowed"])
