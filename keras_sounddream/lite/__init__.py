"""Exported LiteRT files run without TensorFlow and Keras."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Classifier": "classifier",
        "Dreamer": "dreamer",
        "Embedder": "classifier",
        "Filter": "sound_filter",
        "Generator": "generator",
        "ModelFile": "model_file",
        "decode_pcm": "streams",
        "encode_pcm": "streams",
        "live": "live_filter",
        "load": "io",
        "play": "streams",
        "read_blocks": "streams",
        "record": "streams",
        "resample": "io",
        "save": "io",
        "sonify": "sonifier",
    },
)
