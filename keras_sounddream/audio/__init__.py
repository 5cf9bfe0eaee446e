"""Waveforms and spectrograms; knows no network."""

import importlib

_HOME = {
    "Analysis": "analysis",
    "LogMelSpectrogram": "layers",
    "decode": "graph_io",
    "load": "io",
    "resample": "io",
    "save": "io",
    "to_mono": "io",
    "hold_level": "loudness",
    "rms": "loudness",
}

__all__ = sorted(_HOME)


def __getattr__(name):
    """Imports a public name when it is first used: reading a file does not need Keras."""
    if name not in _HOME:
        raise AttributeError(f"module 'keras_sounddream.audio' has no attribute {name!r}")
    return getattr(importlib.import_module(f"keras_sounddream.audio.{_HOME[name]}"), name)


def __dir__():
    return __all__
