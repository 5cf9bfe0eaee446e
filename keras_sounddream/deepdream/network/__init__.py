"""The network of a dream: checks, lookup of layers, folded weights and receptive fields."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {},
)
