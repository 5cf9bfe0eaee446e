"""Training of WaveNets."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "FittedCondition": "conditions",
        "NextSample": "losses",
        "OPTIMIZERS": "settings",
        "Segments": "segments",
        "Settings": "settings",
        "WholeSounds": "whole_sounds",
        "averaged": "fit",
        "cheapest_segment_length": "segments",
        "compile_model": "fit",
        "condition_bits": "conditions",
        "fit_condition": "conditions",
        "measure": "fit",
        "train": "fit",
    },
)
