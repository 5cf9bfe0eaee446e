"""Weights that other systems wrote, read as arrays; nothing in such a file is ever run."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {"is_there": "reader", "read_arrays": "reader"})
