"""Picture files, and the networks of pictures in `keras.applications`."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "NETWORKS": "io",
        "SUFFIXES": "io",
        "load_picture": "io",
        "save_picture": "io",
    },
)
