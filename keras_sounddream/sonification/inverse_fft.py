"""Activations as sound by the inverse Fourier transform: NumPy alone.

Planes are feature maps, float arrays `(filters, frames, bands)`: the activation of each filter of
a layer along time (a picture's long edge) and along frequency (its short edge). Any sequence of
`(frames, bands)` arrays will do, so that not all need be in memory.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from keras_sounddream.checks import check, choice, number
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

COMBINES = ("sum", "concat", "separate")
MIXES = ("sum", "product")
SAMPLE_RATE = 11025  # Hz, of sounds that have none of their own
LEVEL_DB = number(-120, 0)
LEAST_SECONDS = number(0, 60)
DEFAULT_LEAST_SECONDS = 0.5  # shorter sounds are clicks

_KNEE, _ROOM = 0.9, 0.0999  # the same as in `audio.loudness`, which needs Keras
_TINY = 1e-12


def to_planes(activation: Array, of_pictures: bool = False) -> Array:
    """Turns the activation of a layer, channels last, into planes.

    Args:
        activation: float array without its batch axis: `(frames, bands, channels)` for a sound,
            `(height, width, channels)` for a picture, whose long edge becomes time; `(frames,
            channels)`; or `(channels,)`.
        of_pictures: whether the first axis is height, not time.

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


def plane_to_signal(plane: Array) -> Array:
    """Real parts of the inverse transforms of the frames, concatenated: `(frames * bands,)`."""
    bands = plane.shape[1]
    half = np.fft.rfft(plane, axis=1).real / bands  # the plane is real: the rest mirrors it
    return np.concatenate([half, half[:, (bands - 1) // 2 : 0 : -1]], axis=1).ravel()


def normalize(signal: Array, legacy: bool = False) -> Array:
    """The signal `(samples,)` stretched over [-1, 1]; a constant becomes 0, or -1 if `legacy`."""
    lowest, highest = signal.min(), signal.max()
    if highest == lowest:
        return np.full_like(signal, -1.0 if legacy else 0.0)
    return 2 * ((signal - lowest) / (highest - lowest)) - 1


def signals(planes: Array, legacy: bool = False) -> Iterator[Array]:
    """Yields the signal of each filter: float `(frames * bands,)` in [-1, 1]."""
    for plane in planes:
        yield normalize(plane_to_signal(plane), legacy)


def hold_frames(signal: Array, bands: int, least_samples: int, count: int = 1) -> Array:
    """A signal whose frames are repeated, all equally often, until it is long enough.

    Args:
        signal: float `(…, frames * bands)`.
        bands: samples of a frame.
        least_samples: the signal lasts no shorter, if it is played `count` times.
        count: of signals of this length that are concatenated.

    Returns:
        float `(…, times * frames * bands)`; the same signal if it is long enough.
    """
    times = -(-least_samples // (count * signal.shape[-1]))
    if times <= 1:
        return signal
    frames = signal.reshape(*signal.shape[:-1], -1, bands)
    return np.repeat(frames, times, axis=-2).reshape(*signal.shape[:-1], -1)


def sonify_activations(planes: Array, combine: str = "sum", legacy: bool = False) -> Array:
    """Turns the planes of a layer into sound, in the same way as netsounds.

    Each filter's signal is the real part of the inverse Fourier transform of one frame after
    another, stretched over [-1, 1].

    Args:
        planes: sequence of float arrays `(frames, bands)`, such as those of `to_planes`.
        combine: `"sum"` adds the filters' signals and stretches the sum over [-1, 1]; `"concat"`
            concatenates them; `"separate"` keeps them apart.
        legacy: whether a filter with constant activation becomes the constant -1 instead of
            silence.

    Returns:
        float32 `(samples,)` in [-1, 1]: frames * bands samples for `"sum"`, as many for each filter
        for `"concat"`; `(filters, samples)` for `"separate"`.

    Raises:
        InputError: if `combine` is unknown, or there are no planes.

    Example:
        >>> sonify_activations(np.random.uniform(size=(8, 168, 125))).shape
        (21000,)
    """
    check_planes(planes)
    planes = without_bands(planes)
    return combine_signals(signals(planes, legacy), combine, legacy)


def combine_signals(
    waveforms: Iterable[Array], combine: str = "sum", legacy: bool = False
) -> Array:
    """Signals of one length combined: float32, with the shape of `sonify_activations`."""
    check("combine", combine, choice(COMBINES))
    if combine == "sum":
        total = 0.0
        for waveform in waveforms:
            total = total + waveform.astype("float64")
        return normalize(total, legacy).astype("float32")
    waveforms = [waveform.astype("float32") for waveform in waveforms]
    return np.concatenate(waveforms) if combine == "concat" else np.stack(waveforms)


def mix(waveforms: Sequence[Array], how: str = "sum") -> Array:
    """Mixes the sounds of several layers, each stretched to the longest by linear interpolation.

    Args:
        waveforms: float `(samples,)`, of any lengths.
        how: `"sum"`, or `"product"`, which netsounds calls tuned.

    Returns:
        float32 `(samples,)` in [-1, 1], as long as the longest.

    Raises:
        InputError: if `how` is unknown, or there is nothing to mix.
    """
    check("mix", how, choice(MIXES))
    if not len(waveforms) or any(np.ndim(one) != 1 or not len(one) for one in waveforms):
        shapes = [np.shape(one) for one in waveforms]
        raise InputError(f"Expected waveforms (samples,) to mix. Received shapes: {shapes}")
    longest = max(map(len, waveforms))
    positions = np.arange(longest)
    total = None
    for one in sorted(waveforms, key=len, reverse=True):
        knots = np.linspace(0, longest - 1, len(one)) if len(one) > 1 else np.zeros(1)
        stretched = np.interp(positions, knots, one)
        if total is None:
            total = stretched
        else:
            total = total + stretched if how == "sum" else total * stretched
    return normalize(total).astype("float32")


def bring_to_level(waveform: Array, level_db: float) -> Array:
    """Removes the mean of a sound and sets its level, with a soft limit just below 1.

    Args:
        waveform: float `(…, samples)`.
        level_db: root mean square in dB, -120 to 0; 0 dB is that of a constant 1.

    Returns:
        float32, the same shape, in [-1, 1]; silence stays silent.

    Raises:
        InputError: if `level_db` is out of its range.
    """
    check("level_db", level_db, LEVEL_DB)
    waveform = np.asarray(waveform, "float64")
    waveform = waveform - waveform.mean(axis=-1, keepdims=True)
    size = np.sqrt(np.mean(waveform**2, axis=-1, keepdims=True))
    waveform = waveform * (10 ** (level_db / 20) / np.maximum(size, _TINY)) * (size > 10 * _TINY)
    straight = np.clip(waveform, -_KNEE, _KNEE)
    return (straight + _ROOM * np.tanh((waveform - straight) / _ROOM)).astype("float32")


def check_planes(planes: Array) -> None:
    """Refuses what is not a sequence of planes `(frames, bands)`, or an empty one."""
    if isinstance(planes, np.ndarray) and (planes.ndim != 3 or not planes.size):
        raise InputError(
            f"Expected planes (filters, frames, bands). Received shape: {planes.shape}. "
            "`to_planes` makes them from activations."
        )
    if isinstance(planes, str | bytes | dict) or not hasattr(planes, "__len__") or not len(planes):
        raise InputError(
            f"Expected planes (filters, frames, bands). Received: {type(planes).__name__}"
        )


def without_bands(planes: Array) -> Array:
    """The planes; or, where they have one band, one plane with the filters as its bands."""
    if np.shape(planes[0])[1] > 1 or len(planes) == 1:
        return planes
    return np.concatenate([np.asarray(plane, "float32") for plane in planes], axis=1)[np.newaxis]
