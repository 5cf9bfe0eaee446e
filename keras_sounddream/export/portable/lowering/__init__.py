"""Graphs in real numbers and without loops, for runtimes and for gradients.

Complex numbers become pairs of real ones, Fourier transforms matrix products, and loops of a known
number of rounds, such as those of recurrent layers, one round after the other.
"""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {"HANDLERS": "handlers", "lowered": "rewriting", "lowered_outputs": "rewriting"},
)
