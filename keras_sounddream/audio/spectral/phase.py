"""Phases for magnitudes: rounds of Griffin and Lim's method."""

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.spectral.stft import from_polar, istft, stft, to_polar
from keras_sounddream.types import Tensor


def refine_phase(
    log_magnitude: Tensor,
    cosine: Tensor,
    sine: Tensor,
    analysis: Analysis,
    num_samples: int,
    rounds: int,
    transform: str = "fft",
) -> tuple[Tensor, Tensor]:
    """Phases that go better with magnitudes: those of the waveform that they make, again and again.

    Args:
        log_magnitude: float32 `(batch, frames, bins)`, natural logarithm.
        cosine: float32 of the same shape, of the phases to begin with.
        sine: the same.
        analysis: of the spectrogram.
        num_samples: length of the waveform.
        rounds: 0 or more, each an inverse transform and a transform.
        transform: see `stft`.

    Returns:
        `(cosine, sine)`, float32 `(batch, frames, bins)` each.

    Reference: Griffin and Lim, *Signal Estimation from Modified Short-Time Fourier Transform*,
    1984, https://doi.org/10.1109/TASSP.1984.1164317.
    """
    for _ in range(rounds):
        spectrogram = from_polar(log_magnitude, cosine, sine)
        waveform = istft(*spectrogram, analysis, num_samples, transform)
        _, cosine, sine = to_polar(*stft(waveform, analysis, transform))
    return cosine, sine
