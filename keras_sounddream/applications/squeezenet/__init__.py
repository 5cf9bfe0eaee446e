"""SqueezeNet: a classifier of pictures in 1,000 classes, with few parameters."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "BANKS": "network",
        "PREPROCESSING": "model",
        "PRETRAINED": "model",
        "SqueezeNet": "model",
        "banks": "model",
        "decode_predictions": "model",
        "preprocess_input": "model",
    },
)
