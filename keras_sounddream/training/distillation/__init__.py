"""Distillation: an audio network is trained on the outputs of image classifiers, with videos."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Distillation": "fit",
        "Divergence": "fit",
        "Settings": "fit",
        "Teacher": "teachers",
        "distill": "fit",
        "soundnet_student": "students",
    },
)
