"""Reading of sound files to their end, whatever their headers claim."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "SoundReader": "reader",
        "channel_blocks": "reader",
        "mono_blocks": "reader",
        "open_sound": "reader",
    },
)
