"""Callbacks of a dream: early stopping, animation frames, TensorBoard logs."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Callback": "callback",
        "EarlyStop": "callback",
        "Recorder": "recorder",
        "TensorBoard": "tensorboard",
    },
)
