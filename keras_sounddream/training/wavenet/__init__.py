"""Training of WaveNets."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "NextSample": "losses",
        "OPTIMIZERS": "settings",
        "Segments": "segments",
        "Settings": "settings",
        "WholeSounds": "whole_sounds",
        "averaged": "fit",
        "cheapest_segment_length": "segments",
        "compile_model": "fit",
        "measure": "fit",
        "train": "fit",
    },
)
