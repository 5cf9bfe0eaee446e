"""The fast Fourier transform of real numbers, and its inverse, each the other's gradient.

What TensorFlow takes for these gradients by itself needs a dozen passes over the spectrogram more.
"""

import numpy as np
from keras import ops


def forward(framed, fft_length):
    """Takes the Fourier transform of frames.

    Args:
        framed: float32 `(batch, frames, samples)`, of at most `fft_length` samples.
        fft_length: int, samples that a frame is padded to with zeros.

    Returns:
        `(real, imaginary)`, each float32 `(batch, frames, fft_length // 2 + 1)`.
    """
    num_samples = framed.shape[-1]

    @ops.custom_gradient
    def transform(framed):
        def gradient(*parts, upstream=None):
            real, imaginary = upstream or parts
            weights = ops.convert_to_tensor(fft_length / _appearances(fft_length), real.dtype)
            whole = ops.irfft((real * weights, imaginary * weights), fft_length)
            return whole[..., :num_samples] if num_samples < fft_length else whole

        return ops.rfft(framed, fft_length), gradient

    return transform(framed)


def inverse(real, imaginary, fft_length):
    """Makes frames of their Fourier transform.

    Args:
        real: float32 `(batch, frames, fft_length // 2 + 1)`.
        imaginary: float32 `(batch, frames, fft_length // 2 + 1)`.
        fft_length: int.

    Returns:
        float32 `(batch, frames, fft_length)`.
    """

    @ops.custom_gradient
    def transform(real, imaginary):
        def gradient(*framed, upstream=None):
            parts = ops.rfft(framed[0] if upstream is None else upstream, fft_length)
            weights = ops.convert_to_tensor(_appearances(fft_length) / fft_length, parts[0].dtype)
            return parts[0] * weights, parts[1] * weights

        return ops.irfft((real, imaginary), fft_length), gradient

    return transform(real, imaginary)


def _appearances(fft_length):
    """How often each bin appears in the whole spectrum: twice but for the first and the middle."""
    counts = np.full(fft_length // 2 + 1, 2.0)
    counts[0] = 1
    counts[-1] -= fft_length % 2 == 0
    return counts
