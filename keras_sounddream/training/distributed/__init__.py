"""Training on several devices and machines."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "KINDS": "strategies",
        "SharedSteps": "train_step",
        "strategies": "",
    },
)
