"""The short-time Fourier transform, its DFT matrices, and mel filters."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "dft": "",
        "mel": "",
        "stft": "",
    },
)
