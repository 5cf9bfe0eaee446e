"""Style transfer from files to a file, and the style that a filter is to learn."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "check_styles": "transfer",
        "filter_dream": "transfer",
        "style_file": "transfer",
    },
)
