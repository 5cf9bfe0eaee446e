"""Makes what a network answers audible.

`formula` and `voices` are NumPy alone: they turn activations of any runtime, such as LiteRT's on a
small machine, into sound.
"""

import importlib

_HOME = {
    "Sonification": "methods",
    "bring_to_level": "formula",
    "map_to_voices": "voices",
    "mix": "formula",
    "read_activations": "reading",
    "sonify": "methods",
    "sonify_activations": "formula",
    "sonify_file": "session",
    "to_planes": "formula",
}

__all__ = sorted(_HOME)


def __getattr__(name):
    """Imports a public name when it is first used: the formula needs neither Keras nor files."""
    if name not in _HOME:
        raise AttributeError(f"module 'keras_sounddream.sonification' has no attribute {name!r}")
    return getattr(importlib.import_module(f"keras_sounddream.sonification.{_HOME[name]}"), name)


def __dir__():
    return __all__
