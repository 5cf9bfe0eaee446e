"""Gradient ascent: the loop, its gradient, and its update rules."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {},
)
