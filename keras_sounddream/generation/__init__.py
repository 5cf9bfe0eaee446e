"""Sounds that a WaveNet makes, sample after sample."""

import importlib

__all__ = ["generate"]


def __getattr__(name):
    """Imports `generate` when it is first used: the random numbers do not need Keras."""
    if name not in __all__:
        raise AttributeError(f"module 'keras_sounddream.generation' has no attribute {name!r}")
    return getattr(importlib.import_module("keras_sounddream.generation.sampling"), name)


def __dir__():
    return __all__
