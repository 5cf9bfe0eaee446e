"""Reading of sound files to their end, whatever their headers claim."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "LEAST_RATE": "reader",
        "MOST_RATE": "reader",
        "SoundReader": "reader",
        "open_sound": "reader",
    },
)
