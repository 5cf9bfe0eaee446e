"""Dreams at the rate, and in the channels, of the sound that they are made of."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {"Rendering": "rendering", "render": "transfer"},
)
