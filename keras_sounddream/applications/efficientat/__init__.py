"""EfficientAT: taggers of sound in 527 classes, small networks taught by large ones."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ANALYSIS": "front_end",
        "EfficientAT": "model",
        "LOG_OFFSET": "front_end",
        "MIN_SECONDS": "model",
        "PRETRAINED": "model",
        "STEP_SECONDS": "model",
        "VARIANTS": "network",
        "decode_predictions": "model",
        "outputs": "model",
        "preprocess_input": "model",
        "step_seconds": "model",
    },
)
