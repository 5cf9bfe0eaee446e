"""UrbanSoundCNN: city sounds from log-mel spectrograms."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ANALYSIS": "model",
        "LOG_OFFSET": "model",
        "MIN_SECONDS": "model",
        "PRETRAINED": "model",
        "UrbanSoundCNN": "model",
        "decode_predictions": "model",
        "preprocess_input": "model",
    },
)
