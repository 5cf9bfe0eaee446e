"""Options that several commands share, and the files and models that they name."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "dream_options": "dream",
        "load_any": "common",
        "load_generator": "generator_model",
        "load_model": "common",
        "load_wavenet": "wavenet_model",
        "model_options": "common",
        "sound_options": "sounds",
        "strategy_option": "strategy",
        "table_options": "common",
        "urban_options": "urbansound8k",
        "wavenet_options": "wavenet",
    },
)
