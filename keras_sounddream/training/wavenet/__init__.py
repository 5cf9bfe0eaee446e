"""Training of WaveNets."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "NextSample": "losses",
        "OPTIMIZERS": "settings",
        "Segments": "pieces",
        "Settings": "settings",
        "WholeSounds": "whole_sounds",
        "averaged": "fit",
        "compile_model": "fit",
        "measure": "fit",
        "cheapest_segment_length": "pieces",
        "train": "fit",
    },
)
