"""The short-time Fourier transform, its exact inverse, and the polar form of a spectrogram.

A complex spectrogram is a pair `(real, imaginary)` of float32 `(batch, frames, bins)`. Each
transform is taken in one of two ways, chosen by the argument `transform`:

- `"dft"`: matrix products, which run wherever a matrix product runs (TensorFlow, LiteRT, ONNX
  Runtime), and so do their gradients;
- `"fft"`: fast Fourier transforms, quicker where there are any: not in LiteRT nor in ONNX.

Magnitudes and waveforms are the same to rounding. Phases are not: they count from the middle of a
frame in a DFT and from its start in an FFT, so `stft` and `istft` take the same `transform`.
"""

import numpy as np
from keras import ops

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.spectral import dft
from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor

TRANSFORMS = ("dft", "fft")
_LEAST_OVERLAP = 0.1  # sum of the squared windows over a sample; 0.5 at half overlap
_TINY = 1e-20
_FLOOR = 1e-7  # magnitude below which nothing is heard: -140 dB


def stft(waveform: Tensor, analysis: Analysis, transform: str = "dft") -> tuple[Tensor, Tensor]:
    """Short-time Fourier transform, padded so that `istft` restores the waveform exactly.

    Every sample lies in equally many frames: zeros are added before the start and after the end.

    Args:
        waveform: float32 `(batch, samples)`, any length.
        analysis: frame length and step, FFT length.
        transform: one of `TRANSFORMS`.

    Returns:
        `(real, imaginary)`, each float32 `(batch, frames, bins)`.

    Example:
        >>> real, imaginary = stft(np.zeros((1, 24000), "float32"), Analysis())
        >>> tuple(real.shape)
        (1, 103, 481)
    """
    length, step = analysis.frame_length, analysis.frame_step
    before = length - step
    num_samples = ops.shape(waveform)[1]
    last_start = (before + num_samples - 1) // step * step
    after = last_start + length - before - num_samples
    padded = ops.pad(waveform, ((0, 0), (before, after)))
    return fourier(frames(padded, analysis), analysis, transform)


def istft(
    real: Tensor, imaginary: Tensor, analysis: Analysis, num_samples: int, transform: str = "dft"
) -> Tensor:
    """Waveform of a spectrogram: the exact inverse of `stft`.

    For a spectrogram that no waveform has, it makes the waveform whose windowed frames come
    nearest in the least-squares sense (Griffin and Lim, 1984,
    https://doi.org/10.1109/TASSP.1984.1164317).

    Args:
        real: float32 `(batch, frames, bins)`.
        imaginary: float32 `(batch, frames, bins)`.
        analysis: the `Analysis` that `stft` was called with.
        num_samples: length of the waveform.
        transform: the one that `stft` was called with.

    Returns:
        float32 `(batch, num_samples)`.

    Raises:
        InputError: if the frames overlap too little for an inverse.
    """
    whole = overlap_add(inverse_frames(real, imaginary, analysis, transform), analysis)
    before = analysis.frame_length - analysis.frame_step
    return ops.slice(whole, (0, before), (ops.shape(whole)[0], num_samples))


def inverse_frames(
    real: Tensor, imaginary: Tensor, analysis: Analysis, transform: str = "dft"
) -> Tensor:
    """Frames whose `overlap_add` is the waveform of a spectrogram: `(batch, frames, length)`."""
    window = ops.convert_to_tensor(_dual_window(analysis), real.dtype)
    length, fft_length = analysis.frame_length, analysis.fft_length
    if transform == "fft":
        framed = _inverse_fft(real, imaginary, fft_length)
        batch, num_frames = ops.shape(framed)[0], ops.shape(framed)[1]
        framed = ops.slice(framed, (0, 0, 0), (batch, num_frames, length))
    else:
        framed = dft.inverse(real, imaginary, fft_length, length)
    return framed * window


def check_inverse(analysis: Analysis) -> None:
    """Checks that `istft` exists for an analysis.

    Raises:
        InputError: if the frames overlap too little.
    """
    _dual_window(analysis)


def frames(waveform: Tensor, analysis: Analysis) -> Tensor:
    """Overlapping frames `(batch, frames, frame_length)`; a rest shorter than a step is left out.

    By reshape and concatenation, whose gradients are quick everywhere.
    """
    return frames_of(waveform, analysis.frame_length, analysis.frame_step)


def frames_of(waveform: Tensor, length: int, step: int) -> Tensor:
    """`frames` of so many samples."""
    whole, rest = divmod(length, step)
    batch, num_samples = ops.shape(waveform)[0], ops.shape(waveform)[1]
    num_frames = 1 + (num_samples - length) // step
    num_chunks = num_frames - 1 + whole + (rest > 0)
    if rest:  # the last chunk may end after the last sample
        waveform = ops.pad(waveform, ((0, 0), (0, step)))
    used = ops.slice(waveform, (0, 0), (batch, num_chunks * step))
    chunks = ops.reshape(used, (-1, num_chunks, step))
    widths = [step] * whole + [rest] * (rest > 0)
    pieces = [ops.slice(chunks, (0, i, 0), (batch, num_frames, w)) for i, w in enumerate(widths)]
    return ops.concatenate(pieces, axis=-1)


def overlap_add(framed: Tensor, analysis: Analysis) -> Tensor:
    """Sum of frames at their offsets, the transpose of `frames`: `(batch, samples)`."""
    length, step = analysis.frame_length, analysis.frame_step
    count = -(-length // step)
    framed = ops.pad(framed, ((0, 0), (0, 0), (0, count * step - length)))
    batch, num_frames = ops.shape(framed)[0], ops.shape(framed)[1]
    total = 0.0
    for i in range(count):
        piece = ops.slice(framed, (0, 0, i * step), (batch, num_frames, step))
        total = total + ops.pad(piece, ((0, 0), (i, count - 1 - i), (0, 0)))
    return ops.reshape(total, (-1, (num_frames + count - 1) * step))


def fourier(framed: Tensor, analysis: Analysis, transform: str = "dft") -> tuple[Tensor, Tensor]:
    """Fourier transform of frames under a periodic Hann window: two `(batch, frames, bins)`.

    The magnitude is that of `tf.signal.stft`.
    """
    window = ops.convert_to_tensor(hann(analysis.frame_length), framed.dtype)
    return windowed_fourier(framed * window, analysis.fft_length, transform)


def windowed_fourier(
    framed: Tensor, fft_length: int, transform: str = "dft"
) -> tuple[Tensor, Tensor]:
    """`fourier` of frames that begin with 0, under a window of one's own."""
    forward = _forward_fft if transform == "fft" else dft.forward
    return forward(framed, fft_length)


def to_polar(real: Tensor, imaginary: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Natural log-magnitude, and cosine and sine of the phase, each `(batch, frames, bins)`.

    The magnitude has a floor at -140 dB; where there is no sound, cosine and sine are zero.
    """
    magnitude = ops.sqrt(ops.square(real) + ops.square(imaginary) + _TINY)
    return ops.log(magnitude + _FLOOR), real / magnitude, imaginary / magnitude


def from_polar(log_magnitude: Tensor, cosine: Tensor, sine: Tensor) -> tuple[Tensor, Tensor]:
    """Complex spectrogram of a polar form, the inverse of `to_polar`."""
    magnitude = ops.exp(log_magnitude)
    return magnitude * cosine, magnitude * sine


def _forward_fft(framed, fft_length):
    """FFT of real frames; its gradient is an inverse FFT: fewer passes than TensorFlow's own."""
    num_samples = framed.shape[-1]

    @ops.custom_gradient
    def transform(framed):
        def gradient(*parts, upstream=None):
            real, imaginary = upstream or parts
            weights = ops.convert_to_tensor(fft_length / _appearances(fft_length), real.dtype)
            padded = ops.irfft((real * weights, imaginary * weights), fft_length)
            return padded[..., :num_samples] if num_samples < fft_length else padded

        return ops.rfft(framed, fft_length), gradient

    return transform(framed)


def _inverse_fft(real, imaginary, fft_length):
    """Real frames `(batch, frames, fft_length)` of their FFT; its gradient is an FFT."""

    @ops.custom_gradient
    def transform(real, imaginary):
        def gradient(*framed, upstream=None):
            parts = ops.rfft(framed[0] if upstream is None else upstream, fft_length)
            weights = ops.convert_to_tensor(_appearances(fft_length) / fft_length, parts[0].dtype)
            return parts[0] * weights, parts[1] * weights

        return ops.irfft((real, imaginary), fft_length), gradient

    return transform(real, imaginary)


def _appearances(fft_length):
    """Times that each bin appears in the full spectrum: twice but for the first and the middle."""
    counts = np.full(fft_length // 2 + 1, 2.0)
    counts[0] = 1
    counts[-1] -= fft_length % 2 == 0
    return counts


def hann(length: int, period: int | None = None) -> np.ndarray:
    """Hann window, float64 `(length,)`; of a period of `length` samples, unless it is given."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / (period or length))


def _dual_window(analysis):
    """Window of `istft`; holds the division by the overlapping squares, which repeat each step."""
    length, step = analysis.frame_length, analysis.frame_step
    window = hann(length)
    squares = np.zeros(-(-length // step) * step)
    squares[:length] = window**2
    overlap = squares.reshape(-1, step).sum(axis=0)
    if overlap.min() < _LEAST_OVERLAP:
        raise InputError(
            "Expected frames that overlap by a third or more, or the inverse is all noise. "
            f"Received: frames of {analysis.frame_seconds} s every {analysis.step_seconds} s. "
            f"Take a `step_seconds` of at most {2 / 3 * analysis.frame_seconds:.3g}."
        )
    return window / np.resize(overlap, length)
