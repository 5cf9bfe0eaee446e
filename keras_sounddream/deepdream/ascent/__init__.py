"""Gradient ascent: the loop, its gradient, and its update rules."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "GradientAscent": "gradient_ascent",
        "NORMALIZATIONS": "updates",
        "SMOOTHINGS": "updates",
        "register_normalization": "updates",
        "register_smoothing": "updates",
    },
)
