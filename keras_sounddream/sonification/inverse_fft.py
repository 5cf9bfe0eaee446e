"""Activations as sound by the inverse Fourier transform: NumPy alone.

Planes are float arrays `(filters, frames, bands)`: how each filter of a layer answers along time,
or the long edge of a picture, and along frequency, or the short edge. They may be any sequence of
`(frames, bands)` arrays, so that not all need be in memory.
"""

import numpy as np

from keras_sounddream.errors import InputError

COMBINES = ("sum", "concat", "separate")
MIXES = ("sum", "product")
SAMPLE_RATE = 11025  # Hz, of sounds that have none of their own

_KNEE, _ROOM = 0.9, 0.0999  # as of `audio.loudness`, which needs Keras
_TINY = 1e-12


def to_planes(activation, of_pictures=False):
    """Turns the activation of a layer, channels last, into planes.

    Args:
        activation: float array without its batch axis: `(frames, bands, channels)` of a sound,
            `(height, width, channels)` of a picture, whose long edge becomes time; `(frames,
            channels)`; or `(channels,)`.
        of_pictures: bool, whether the first axis is height, not time.

    Returns:
        float32 `(filters, frames, bands)`; where there are no bands, the channels are filters of
        one band.

    Raises:
        InputError: if it has no such shape, or is not finite.
    """
    try:
        activation = np.asarray(activation, "float32")
    except (TypeError, ValueError):
        kind = type(activation).__name__
        raise InputError(f"Expected activations, an array of numbers. Received: {kind}") from None
    if not 1 <= activation.ndim <= 3 or not activation.size:
        raise InputError(
            "Expected the activations of one example: (frames, bands, channels), (frames, "
            f"channels) or (channels,). Received shape: {activation.shape}"
        )
    if not np.isfinite(activation).all():
        raise InputError("Expected finite activations. Some are not numbers.")
    while activation.ndim < 3:
        activation = activation[np.newaxis] if activation.ndim == 1 else activation[:, np.newaxis]
    if of_pictures and activation.shape[0] <= activation.shape[1]:
        activation = activation.transpose(1, 0, 2)
    return np.ascontiguousarray(activation.transpose(2, 0, 1))


def plane_to_signal(plane):
    """Takes each frame for a spectrum: the real part of its inverse Fourier transform.

    Args:
        plane: float array `(frames, bands)`.

    Returns:
        float `(frames * bands,)`, the frames' transforms one after another.
    """
    bands = plane.shape[1]
    half = np.fft.rfft(plane, axis=1).real / bands  # of real numbers the rest is its mirror image
    return np.concatenate([half, half[:, (bands - 1) // 2 : 0 : -1]], axis=1).ravel()


def normalize(signal, legacy=False):
    """Stretches a signal over [-1, 1].

    Args:
        signal: float `(samples,)`.
        legacy: bool, whether a constant becomes -1, as in netsounds, and not silence.

    Returns:
        float, the same shape; zeros for a constant.
    """
    lowest, highest = signal.min(), signal.max()
    if highest == lowest:
        return np.full_like(signal, -1.0 if legacy else 0.0)
    return 2 * ((signal - lowest) / (highest - lowest)) - 1


def signals(planes, legacy=False):
    """Makes the signal of each filter.

    Args:
        planes: sequence of float arrays `(frames, bands)`.
        legacy: bool, as of `normalize`.

    Yields:
        float `(frames * bands,)` in [-1, 1].
    """
    for plane in planes:
        yield normalize(plane_to_signal(plane), legacy)


def sonify_activations(planes, combine="sum", legacy=False):
    """Turns the planes of a layer into sound, as netsounds does.

    Each filter's signal is the real part of the inverse Fourier transform of one frame after
    another, stretched over [-1, 1].

    Args:
        planes: sequence of float arrays `(frames, bands)`, such as `to_planes` makes.
        combine: `"sum"` adds the filters' signals and stretches the sum over [-1, 1]; `"concat"`
            puts them one after another; `"separate"` leaves them apart.
        legacy: bool, whether a filter that answers the same everywhere becomes the constant -1,
            and not silence.

    Returns:
        float32 `(samples,)` in [-1, 1]: frames * bands samples for `"sum"`, as many for each filter
        for `"concat"`; `(filters, samples)` for `"separate"`.

    Raises:
        InputError: if there is no such way to combine, or there are no planes.

    Example:
        >>> sonify_activations(np.random.uniform(size=(8, 168, 125))).shape
        (21000,)
    """
    check_planes(planes)
    planes = without_bands(planes)
    return combine_signals(signals(planes, legacy), combine, legacy)


def combine_signals(found, combine="sum", legacy=False):
    """Combines signals of one length.

    Args:
        found: iterable of float `(samples,)`.
        combine: str, as of `sonify_activations`.
        legacy: bool, as of `normalize`.

    Returns:
        float32, as of `sonify_activations`.

    Raises:
        InputError: if there is no such way.
    """
    check_choice("combine", combine, COMBINES)
    if combine == "sum":
        total = 0.0
        for signal in found:
            total = total + signal.astype("float64")
        return normalize(total, legacy).astype("float32")
    found = [signal.astype("float32") for signal in found]
    return np.concatenate(found) if combine == "concat" else np.stack(found)


def mix(waveforms, how="sum"):
    """Mixes the sounds of several layers, each stretched to the longest by linear interpolation.

    Args:
        waveforms: sequence of float `(samples,)`, of any lengths.
        how: `"sum"`, or `"product"`, which netsounds calls tuned.

    Returns:
        float32 `(samples,)` in [-1, 1], as long as the longest.

    Raises:
        InputError: if there is no such way, or nothing to mix.
    """
    check_choice("mix", how, MIXES)
    if not len(waveforms) or any(np.ndim(one) != 1 or not len(one) for one in waveforms):
        shapes = [np.shape(one) for one in waveforms]
        raise InputError(f"Expected waveforms (samples,) to mix. Received shapes: {shapes}")
    longest = max(map(len, waveforms))
    places = np.arange(longest)
    total = None
    for one in sorted(waveforms, key=len, reverse=True):
        at = np.linspace(0, longest - 1, len(one)) if len(one) > 1 else np.zeros(1)
        stretched = np.interp(places, at, one)
        if total is None:
            total = stretched
        else:
            total = total + stretched if how == "sum" else total * stretched
    return normalize(total).astype("float32")


def bring_to_level(waveform, level_db):
    """Takes the mean of a sound away and brings it to a level, peaks bent so that none reaches 1.

    Args:
        waveform: float `(…, samples)`.
        level_db: float, dB, at most 0: the root mean square, 0 for that of a constant 1.

    Returns:
        float32, the same shape, in [-1, 1]; silence stays silent.

    Raises:
        InputError: if `level_db` is not such a number.
    """
    check_level(level_db)
    waveform = np.asarray(waveform, "float64")
    waveform = waveform - waveform.mean(axis=-1, keepdims=True)
    size = np.sqrt(np.mean(waveform**2, axis=-1, keepdims=True))
    waveform = waveform * (10 ** (level_db / 20) / np.maximum(size, _TINY)) * (size > 10 * _TINY)
    straight = np.clip(waveform, -_KNEE, _KNEE)
    return (straight + _ROOM * np.tanh((waveform - straight) / _ROOM)).astype("float32")


def check_level(level_db):
    """Checks a level.

    Args:
        level_db: float, dB.

    Raises:
        InputError: if it is no number from -120 to 0.
    """
    number = isinstance(level_db, int | float | np.number) and not isinstance(level_db, bool)
    if not number or not -120 <= level_db <= 0:
        raise InputError(f"`level_db` must be from -120 to 0 dB. Received: {level_db!r}")


def check_planes(planes):
    """Checks that there are planes.

    Args:
        planes: what is to be a sequence of float arrays `(frames, bands)`.

    Raises:
        InputError: if it is not.
    """
    if isinstance(planes, np.ndarray) and (planes.ndim != 3 or not planes.size):
        raise InputError(
            f"Expected planes (filters, frames, bands). Received shape: {planes.shape}. "
            "`to_planes` makes them of activations."
        )
    if isinstance(planes, str | bytes | dict) or not hasattr(planes, "__len__") or not len(planes):
        raise InputError(
            f"Expected planes (filters, frames, bands). Received: {type(planes).__name__}"
        )


def without_bands(planes):
    """Lets the filters stand for the bands that planes of one band lack.

    Args:
        planes: sequence of float arrays `(frames, bands)`.

    Returns:
        the same, or float32 `(1, frames, filters)` where there is one band.
    """
    if np.shape(planes[0])[1] > 1 or len(planes) == 1:
        return planes
    return np.concatenate([np.asarray(plane, "float32") for plane in planes], axis=1)[np.newaxis]


def check_choice(name, value, choices):
    """Checks a choice among names.

    Args:
        name: str, of the argument.
        value: what was chosen.
        choices: sequence of str.

    Raises:
        InputError: if it is none of them.
    """
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"`{name}` must be one of {', '.join(choices)}. Received: {value!r}")
