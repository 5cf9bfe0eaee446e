"""Picture files, and the networks of pictures in `keras.applications`."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CatDogNet": "catdognet",
        "NETWORKS": "networks",
        "SUFFIXES": "io",
        "load_picture": "io",
        "save_picture": "io",
    },
)
