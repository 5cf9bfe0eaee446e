"""A page of what the units of a layer respond to."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "LIMIT": "page",
        "write_atlas": "atlas",
        "write_dreams": "atlas",
        "write_units": "page",
    },
)
