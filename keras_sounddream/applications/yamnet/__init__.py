"""YAMNet: a classifier of sound in 521 classes, patch by patch."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ANALYSIS": "model",
        "LOG_OFFSET": "model",
        "MIN_SECONDS": "model",
        "PRETRAINED": "model",
        "STEP_SECONDS": "model",
        "YAMNet": "model",
        "decode_predictions": "model",
        "outputs": "model",
        "patch_seconds": "model",
        "preprocess_input": "model",
    },
)
