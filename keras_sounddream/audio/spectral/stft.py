"""The short-time Fourier transform and its exact inverse.

Reshapes, slices and matrix products only, so that the transforms, and the gradients through
them, run wherever a matrix product runs: TensorFlow, LiteRT, ONNX Runtime. Within `by_fft` they
are taken by fast Fourier transforms instead.

A complex spectrogram is a pair `(real, imaginary)` of float32 `(batch, frames, bins)`.
"""

import contextlib
import contextvars

import numpy as np
from keras import ops

from keras_sounddream.audio.spectral import dft, fft
from keras_sounddream.errors import InputError

_LEAST_OVERLAP = 0.1  # sum of the squared windows over a sample; 0.5 at half overlap
_by_fft = contextvars.ContextVar("by_fft", default=False)


@contextlib.contextmanager
def by_fft():
    """Has the transforms made by FFT, quicker where there is one: not in LiteRT nor in ONNX.

    What is traced within stays so. Magnitudes and waveforms are the same to rounding; phases count
    from the start of a frame, not from its middle, so `stft` and `istft` both belong within.

    Yields:
        None.
    """
    token = _by_fft.set(True)
    try:
        yield
    finally:
        _by_fft.reset(token)


def frames(waveform, analysis):
    """Cuts a waveform into overlapping frames; samples after the last whole frame are left out.

    Args:
        waveform: float32 `(batch, samples)`, at least one frame long.
        analysis: `Analysis`.

    Returns:
        float32 `(batch, frames, frame_length)`.
    """
    length, step = analysis.frame_length, analysis.frame_step
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


def overlap_add(framed, analysis):
    """Adds frames up at their places, the transpose of `frames`.

    Args:
        framed: float32 `(batch, frames, frame_length)`.
        analysis: `Analysis`.

    Returns:
        float32 `(batch, samples)`, `frames - 1` steps and a frame long, filled up with zeros to
        a whole number of steps.
    """
    length, step = analysis.frame_length, analysis.frame_step
    count = -(-length // step)
    framed = ops.pad(framed, ((0, 0), (0, 0), (0, count * step - length)))
    batch, num_frames = ops.shape(framed)[0], ops.shape(framed)[1]
    total = 0.0
    for i in range(count):
        piece = ops.slice(framed, (0, 0, i * step), (batch, num_frames, step))
        total = total + ops.pad(piece, ((0, 0), (i, count - 1 - i), (0, 0)))
    return ops.reshape(total, (-1, (num_frames + count - 1) * step))


def transform(framed, analysis):
    """Windows frames and takes their Fourier transform.

    Time counts from the middle of the frame.

    Args:
        framed: float32 `(batch, frames, frame_length)`.
        analysis: `Analysis`; the window is a periodic Hann.

    Returns:
        `(real, imaginary)`, each float32 `(batch, frames, bins)`. The magnitude is that of
        `tf.signal.stft`; the phase differs by that of half a frame.
    """
    window = ops.convert_to_tensor(_window(analysis.frame_length), framed.dtype)
    way = fft if _by_fft.get() else dft
    return way.forward(framed * window, analysis.fft_length)


def stft(waveform, analysis):
    """Takes the spectrogram of a waveform, padded so that `istft` gives it back exactly.

    Every sample lies in equally many frames: zeros are added before the start and after the end.

    Args:
        waveform: float32 `(batch, samples)`, any length.
        analysis: `Analysis`.

    Returns:
        `(real, imaginary)`, each float32 `(batch, frames, bins)`.

    Example:
        >>> from keras_sounddream.audio import Analysis
        >>> real, imaginary = stft(np.zeros((1, 24000), "float32"), Analysis())
        >>> real.shape
        TensorShape([1, 103, 481])
    """
    length, step = analysis.frame_length, analysis.frame_step
    before = length - step
    num_samples = ops.shape(waveform)[1]
    last_start = (before + num_samples - 1) // step * step
    after = last_start + length - before - num_samples
    padded = ops.pad(waveform, ((0, 0), (before, after)))
    return transform(frames(padded, analysis), analysis)


def istft(real, imaginary, analysis, num_samples):
    """Makes a waveform from a spectrogram, the exact inverse of `stft`.

    Of a spectrogram that no waveform has, it makes the waveform whose windowed frames come
    nearest in the least-squares sense (Griffin and Lim, 1984,
    https://doi.org/10.1109/TASSP.1984.1164317).

    Args:
        real: float32 `(batch, frames, bins)`.
        imaginary: float32 `(batch, frames, bins)`.
        analysis: `Analysis` that `stft` was called with.
        num_samples: int, length of the waveform.

    Returns:
        float32 `(batch, num_samples)`.

    Raises:
        InputError: if the frames overlap too little for an inverse.
    """
    window = ops.convert_to_tensor(_dual_window(analysis), real.dtype)
    length, fft_length = analysis.frame_length, analysis.fft_length
    if _by_fft.get():
        framed = dft.columns_of(fft.inverse(real, imaginary, fft_length), 0, length)
    else:
        framed = dft.inverse(real, imaginary, fft_length, length)
    whole = overlap_add(framed * window, analysis)
    before = analysis.frame_length - analysis.frame_step
    return ops.slice(whole, (0, before), (ops.shape(whole)[0], num_samples))


def check_inverse(analysis):
    """Checks that `istft` has an inverse to make.

    Args:
        analysis: `Analysis`.

    Raises:
        InputError: if the frames overlap too little.
    """
    _dual_window(analysis)


def _window(length):
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def _dual_window(analysis):
    """Window of `istft`; holds the division by the overlapping squares, which repeat each step."""
    length, step = analysis.frame_length, analysis.frame_step
    window = _window(length)
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
