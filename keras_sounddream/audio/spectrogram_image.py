"""Sounds as pictures: levels in dB, and their colours."""

import functools
import io
import math

import numpy as np

RANGE_DB = 80  # from the loudest shown down to the darkest colour
_FRAME_SECONDS = 0.04
_TINY = 1e-7  # magnitude; far below 16-bit sound


def levels_db(waveform, sample_rate, most_frames=1000, most_bins=300):
    """Measures how loud a sound is at each time and frequency.

    Frames overlap by half. Where there are more frames or bins than asked for, neighbours are
    joined, and the loudest of them counts.

    Args:
        waveform: float array `(samples,)` in [-1, 1]; less than a frame is padded with zeros.
        sample_rate: int, Hz.
        most_frames: int.
        most_bins: int.

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


def to_colours(levels, loudest):
    """Gives each level its place on the colour scale.

    Args:
        levels: float array `(frames, bins)`, dB.
        loudest: float, dB, of the brightest colour; the darkest is `RANGE_DB` below.

    Returns:
        uint8 `(bins, frames)`, rows of `palette()`; the highest frequency is the first row, as a
        picture has it.
    """
    share = (np.asarray(levels, "float32").T[::-1] - loudest) / RANGE_DB + 1
    return (255 * np.clip(share, 0, 1)).round().astype("uint8")


@functools.cache
def palette():
    """Gives the colours from silent to loud, uint8 `(256, 3)`: matplotlib's magma."""
    from matplotlib import colormaps

    return (255 * colormaps["magma"](np.arange(256))[:, :3]).round().astype("uint8")


def to_png(pixels):
    """Encodes a picture.

    Args:
        pixels: uint8 `(height, width)`, rows of `palette()`, or a float or uint8 array `(height,
            width, 3)` in [0, 255], red, green and blue.

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


def to_bytes(picture):
    """Rounds a picture to whole numbers.

    Args:
        picture: float or uint8 array `(height, width, 3)` in [0, 255].

    Returns:
        uint8 `(height, width, 3)`.
    """
    return np.clip(np.round(picture), 0, 255).astype("uint8")


def ticks(highest, most=6):
    """Chooses round numbers from 0 up for an axis.

    Args:
        highest: float above 0, where the axis ends.
        most: int, how many at most.

    Returns:
        list of float, a step of 1, 2 or 5 times a power of ten apart.
    """
    step = 10.0 ** math.floor(math.log10(highest / most))
    step = next(step * factor for factor in (1, 2, 5, 10, 20) if highest / (step * factor) < most)
    return [round(step * i, 10) for i in range(int(highest / step + 1e-9) + 1)]


def _edges(count, most):
    """First indices of at most `most` groups of about equal size."""
    groups = min(count, most)
    return np.arange(groups) * count // groups
