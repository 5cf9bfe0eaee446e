"""Filters that dream in one pass: small networks, each of which learnt one dream."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "DreamFilter": "model",
        "DreamMask": "layer",
        "PICTURES": "pretrained",
        "PRETRAINED": "pretrained",
        "PictureChange": "picture_layer",
        "PictureFilter": "model",
    },
)
