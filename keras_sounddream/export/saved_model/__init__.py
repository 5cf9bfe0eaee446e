"""SavedModels, and what TensorFlow Serving needs beside them."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {},
)
