"""Waveforms sampled from a WaveNet."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "generate": "autoregressive",
        "name_labels": "condition_labels",
    },
)
