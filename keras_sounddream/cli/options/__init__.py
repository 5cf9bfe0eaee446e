"""Options that several commands share."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {})
