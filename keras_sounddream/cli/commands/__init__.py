"""The commands of `sounddream`, one module each, with a click command named `command`."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "batch": "",
        "classify": "",
        "convert": "",
        "data": "",
        "distill": "",
        "dream": "",
        "evaluate": "",
        "export": "",
        "features": "",
        "fetch": "",
        "finetune": "",
        "gallery": "",
        "generate": "",
        "layers": "",
        "live": "",
        "log": "",
        "models": "",
        "probe": "",
        "sonify": "",
        "train": "",
        "units": "",
    },
)
