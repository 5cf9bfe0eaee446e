"""Plots, pages and animations of dreams."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "animate": "animation",
        "check_animation": "animation",
        "check_page": "page",
        "check_picture": "figure",
        "plot": "figure",
        "save_figure": "figure",
        "write_gallery": "gallery",
        "write_page": "page",
    },
)
