"""What a data set holds, and what is wrong with it."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "check": "checks",
        "sum_up": "summary",
    },
)
