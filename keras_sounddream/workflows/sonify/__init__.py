"""Sonification of files."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__, {"sonify_file": "workflow", "sonify_stored": "stored"}
)
