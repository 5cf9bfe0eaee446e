"""DeepDream: gradient ascent on sounds and pictures."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "DeepDream": "model",
        "DreamResult": "result",
        "PRESETS": "settings",
        "Rendering": "full_rate",
        "Settings": "settings",
        "ascent": "",
        "callbacks": "",
        "dream_stream": "long_sounds",
        "imprint": "",
        "objectives": "",
        "params": "",
        "style_transfer": "",
        "wrap_model": "network.wrapping",
    },
)
