"""Sonification: activations of a network as sound.

`inverse_fft` and `parameter_map` are NumPy alone: they turn activations of any runtime, such as
LiteRT on a small machine, into sound.
"""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Sonification": "methods",
        "bring_to_level": "inverse_fft",
        "map_to_voices": "parameter_map",
        "mix": "inverse_fft",
        "read_activations": "activations",
        "sonify": "methods",
        "sonify_activations": "inverse_fft",
        "to_planes": "inverse_fft",
    },
)
