"""Dreams of videos: pictures and sound, coupled, from file to file."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "SIGNALS": "couplings",
        "TARGETS": "couplings",
        "Coupling": "couplings",
        "VideoResult": "workflow",
        "dream_video": "workflow",
    },
)
