"""Sonification: activations of a network as sound.

`inverse_fft` and `parameter_map` are NumPy alone: they turn activations from any runtime, such as
LiteRT on a small machine, into sound.
"""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "FeatureMaps": "feature_maps",
        "METHODS": "choices",
        "Sonification": "methods",
        "bring_to_level": "inverse_fft",
        "invert": "feature_inversion",
        "map_to_voices": "parameter_map",
        "mix": "inverse_fft",
        "read_activations": "activations",
        "sonify": "methods",
        "sonify_activations": "inverse_fft",
        "sonify_file": "keras_sounddream.workflows.sonify.workflow",  # its former place
        "to_planes": "inverse_fft",
    },
)
