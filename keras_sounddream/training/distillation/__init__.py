"""Distillation: a network of sound learns what networks of pictures see."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Distillation": "fit",
        "Divergence": "fit",
        "Settings": "fit",
        "Teacher": "teachers",
        "distill": "fit",
    },
)
