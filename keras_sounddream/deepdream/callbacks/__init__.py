"""Callbacks: called while a dream goes on."""

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
