"""Recipes: a data set, a model and a schedule, with exact resume."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "esc10": "",
        "fsdd": "",
        "music16k": "",
        "urbansound8k": "",
    },
)
