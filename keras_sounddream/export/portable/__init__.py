"""Dreams and generation in operations that LiteRT and ONNX have."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {"make_generator": "wavenet", "portable_gradient": "gradients.backward"},
)
