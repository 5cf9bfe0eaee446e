"""Waveforms and spectrograms, and the files they come from; knows no network."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Analysis": "analysis",
        "LogMelSpectrogram": "layers",
        "MuLaw": "layers",
        "decode": "tfio",
        "hold_level": "loudness",
        "load": "io",
        "resample": "io",
        "rms": "loudness",
        "save": "io",
        "spectral": "",
        "to_mono": "io",
    },
)
