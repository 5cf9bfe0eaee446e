"""Style transfer: the style of examples on the content of a sound or picture."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "NETWORKS": "networks",
        "PRESETS": "presets",
        "StyleLayer": "networks",
        "StyleTransfer": "transfer",
        "build": "transfer",
        "default_layers": "networks",
        "random_convolution": "networks",
        "sound_texture": "networks",
        "with_average_pooling": "networks",
    },
)
