"""WaveNet: waveforms predicted sample by sample."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "DILATIONS": "model",
        "MIN_SECONDS": "model",
        "PRETRAINED": "pretrained",
        "SAMPLE_RATE": "model",
        "WaveNet": "model",
        "WaveNetConfig": "config",
        "condition_ids": "model",
        "condition_vectors": "conditioning",
        "conditioned": "model",
        "decode_predictions": "model",
        "preprocess_input": "model",
        "with_label": "conditioning",
    },
)
