"""Exported LiteRT files run without TensorFlow and Keras."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Classifier": "classifier",
        "Dreamer": "dreamer",
        "Embedder": "classifier",
        "Generator": "generator",
        "ModelFile": "model_file",
        "decode_pcm": "streams",
        "load": "io",
        "read_blocks": "streams",
        "record": "streams",
        "resample": "io",
        "save": "io",
        "sonify": "sonifier",
    },
)
