"""The short-time Fourier transform, its DFT matrices, mel filters and front ends."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "dft": "",
        "front_ends": "",
        "mel": "",
        "stft": "",
    },
)
