"""Preprocessing of waveforms: rate, channels and length as a model takes them."""

import numpy as np

from keras_sounddream.audio.io import resample
from keras_sounddream.audio.waveforms import check_layout, check_scale, mix
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array


def prepare(
    waveform: Array,
    sample_rate: int,
    model_rate: int,
    min_seconds: float,
    step_seconds: float | None = None,
    max_seconds: float | None = None,
    least_seconds: float | None = None,
    repeat_whole: bool = False,
    strict: bool = False,
) -> Array:
    """Brings sound to a model's rate, to one channel and to a length that it takes.

    Args:
        waveform: float array `(samples,)`, `(batch, samples)` or `(batch, samples, channels)`.
        sample_rate: Hz, of `waveform`.
        model_rate: Hz.
        min_seconds: shorter sounds are repeated to this length.
        step_seconds: longer sounds begin again until they exceed `min_seconds` by a whole number
            of these steps; `None` leaves them as long as they are.
        max_seconds: longer sounds are cut to this length; `None` for no cut.
        least_seconds: the shortest sound that `strict` accepts; `None` for `min_seconds`.
        repeat_whole: whether sounds are repeated whole, instead of cut at `min_seconds`.
        strict: whether nothing is repeated, and a sound that is too short raises an error.

    Returns:
        float32 `(batch, samples)`, a new array.

    Raises:
        InputError: if `waveform` is empty, has another rank or its axes in another order, is not
            finite or not of numbers, holds integers beyond [-1, 1] or floats far beyond, if a rate
            is not a number above 0, or if the sound is too short for `strict`.

    Warns:
        InputWarning: if the channels of a sound cancel in their mean.
    """
    waveform = resample(_mono(waveform), sample_rate, model_rate)
    if strict:
        _check_length(waveform, least_seconds or min_seconds, model_rate)
    else:
        waveform = _repeated(waveform, model_rate, min_seconds, step_seconds, repeat_whole)
    return waveform if max_seconds is None else waveform[:, : round(max_seconds * model_rate)]


def numbers(values: Array, expected: str) -> Array:
    """`values` as an array of real numbers; otherwise an `InputError` that names `expected`."""
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        array = np.array(None)
    if array.dtype.kind not in "fiu" and array.dtype.name != "bfloat16":
        kind = f" of {array.dtype.name}" if isinstance(values, np.ndarray) else ""
        raise InputError(
            f"Expected {expected}, an array of numbers. Received: {type(values).__name__}{kind}"
        )
    return array


def _mono(waveform):
    """The checked waveform, float32 `(batch, samples)`, a new array."""
    given = numbers(waveform, "a waveform")
    check_layout(given.shape)
    with np.errstate(over="ignore"):  # what float32 cannot hold is far over full scale
        waveform = given.astype("float32")
    waveform = waveform[None] if waveform.ndim == 1 else waveform
    if waveform.ndim not in (2, 3) or not waveform.size:
        raise InputError(
            "Expected a waveform (samples,), (batch, samples) or (batch, samples, channels). "
            f"Received shape: {given.shape}"
        )
    if not np.isfinite(waveform).all() and not np.isfinite(given).all():
        raise InputError("Expected a waveform of finite numbers. It holds some that are not.")
    peak = np.abs(waveform).max()
    if given.dtype.kind in "iu" and peak > 1:
        raise InputError(
            f"Expected a waveform in [-1, 1]. Received {given.dtype}, up to {peak:g}: divide by "
            "the largest value of the type, 32768 for int16."
        )
    check_scale(peak)
    return mix(waveform) if waveform.ndim == 3 else waveform


def _check_length(waveform, least_seconds, rate):
    least, num_samples = round(least_seconds * rate), waveform.shape[1]
    if num_samples < least:
        raise InputError(
            f"Expected at least {least} samples ({least / rate:.2f} s) at {rate} Hz. Received: "
            f"{num_samples} ({num_samples / rate:.2f} s). With strict=False it is repeated."
        )


def _repeated(waveform, rate, min_seconds, step_seconds, repeat_whole):
    """The waveform, repeated up to the least length or the next whole step."""
    least, num_samples = round(min_seconds * rate), waveform.shape[1]
    length = max(least, num_samples)
    if step_seconds is not None:
        step = round(step_seconds * rate)
        length = least + -(-(length - least) // step) * step
    repeats = -(-length // num_samples)
    if repeats > 1:
        waveform = np.tile(waveform, (1, repeats))
    return waveform if repeat_whole else waveform[:, :length]
