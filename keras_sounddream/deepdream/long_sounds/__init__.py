"""Dreams of sound files of any length, in constant memory."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "StreamResult": "stream",
        "dream_stream": "stream",
    },
)
