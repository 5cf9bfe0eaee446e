"""Spectrogram images: levels in dB, the colour scale, and PNG encoding."""

import functools
import io
import math

import numpy as np

from keras_sounddream.types import Array

RANGE_DB = 80  # from the loudest shown down to the darkest colour
_FRAME_SECONDS = 0.04
_TINY = 1e-7  # magnitude; far below 16-bit sound


def levels_db(
    waveform: Array, sample_rate: int, most_frames: int = 1000, most_bins: int = 300
) -> Array:
    """Measures the level of a sound at each time and frequency.

    Frames overlap by half. Where there are more frames or bins than asked for, neighbours are
    joined, and the loudest of them counts.

    Args:
        waveform: float array `(samples,)` in [-1, 1]; less than a frame is padded with zeros.
        sample_rate: Hz.
        most_frames: frames at most.
        most_bins: frequency bins at most.

    Returns:
        float32 `(frames, bins)`, dB; 0 is a sine of full scale. Bins go from 0 Hz to half the
        sample rate.
    """
    waveform = np.asarray(waveform, "float32")
    length = max(2, round(_FRAME_SECONDS * sample_rate))
    waveform = np.pad(waveform, (0, max(0, length - len(waveform))))
    window = np.hanning(length + 1)[:-1].astype("float32")
    frames = np.lib.stride_tricks.sliding_window_view(waveform, length)[:: max(1, length // 2)]
    edges = _edges(len(frames), most_frames)
    groups = np.split(frames, edges[1:])  # windowed one after the other, to save memory
    loudest = [np.abs(np.fft.rfft(group * window)).max(axis=0) for group in groups]
    magnitude = np.stack(loudest) / (length / 4)  # a sine of full scale under a Hann window is 1
    magnitude = np.maximum.reduceat(magnitude, _edges(magnitude.shape[1], most_bins), axis=1)
    return (20 * np.log10(magnitude + _TINY)).astype("float32")


def to_colours(levels: Array, loudest: float) -> Array:
    """Maps levels to the colour scale.

    Args:
        levels: float array `(frames, bins)`, dB.
        loudest: dB, of the brightest colour; the darkest is `RANGE_DB` below.

    Returns:
        uint8 `(bins, frames)`, indices of `palette()`; the highest frequency is the first row.
    """
    share = (np.asarray(levels, "float32").T[::-1] - loudest) / RANGE_DB + 1
    return (255 * np.clip(share, 0, 1)).round().astype("uint8")


@functools.cache
def palette() -> Array:
    """The colours from silent to loud, uint8 `(256, 3)`: matplotlib's magma."""
    from matplotlib import colormaps

    return (255 * colormaps["magma"](np.arange(256))[:, :3]).round().astype("uint8")


def to_png(pixels: Array) -> bytes:
    """Encodes a picture.

    Args:
        pixels: uint8 `(height, width)`, indices of `palette()`, or a float or uint8 RGB array
            `(height, width, 3)` in [0, 255].

    Returns:
        bytes of a PNG file.
    """
    from PIL import Image

    if np.ndim(pixels) == 2:
        picture = Image.fromarray(pixels, "L")
        picture.putpalette(palette().tobytes())
    else:
        picture = Image.fromarray(to_bytes(pixels))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def to_bytes(picture: Array) -> Array:
    """A float or uint8 picture `(height, width, 3)`, rounded to uint8."""
    return np.clip(np.round(picture), 0, 255).astype("uint8")


def ticks(highest: float, most: int = 6) -> list[float]:
    """Axis ticks from 0 to `highest` at most, 1, 2 or 5 times a power of ten apart."""
    step = 10.0 ** math.floor(math.log10(highest / most))
    step = next(step * factor for factor in (1, 2, 5, 10, 20) if highest / (step * factor) < most)
    return [round(step * i, 10) for i in range(int(highest / step + 1e-9) + 1)]


def _edges(count, most):
    """First indices of at most `most` groups of about equal size."""
    groups = min(count, most)
    return np.arange(groups) * count // groups
