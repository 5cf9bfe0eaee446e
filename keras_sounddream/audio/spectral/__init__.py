"""Fourier transforms, mel filters, and magnitude and phase."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "dft": "",
        "fft": "",
        "mel": "",
        "phase": "",
        "stft": "",
    },
)
