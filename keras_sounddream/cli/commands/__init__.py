"""The commands of `sounddream`, one module each, with a click command named `command`."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "atlas": "",
        "batch": "",
        "classify": "",
        "convert": "",
        "data": "",
        "demo": "",
        "distill": "",
        "dream": "",
        "evaluate": "",
        "export": "",
        "features": "",
        "examples": "",
        "fetch": "",
        "filter": "",
        "finetune": "",
        "gallery": "",
        "generate": "",
        "layers": "",
        "live": "",
        "log": "",
        "models": "",
        "probe": "",
        "sample": "",
        "sonify": "",
        "style": "",
        "train": "",
        "units": "",
        "web": "",
    },
)
