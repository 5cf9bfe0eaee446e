"""The commands of `sounddream`, one a file."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {})
