"""SoundNet: features, objects and scenes of sound, learned from unlabelled video."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CLASSES": "model",
        "LABELS": "model",
        "MIN_SAMPLES": "model",
        "MIN_SECONDS": "model",
        "PRETRAINED": "model",
        "SAMPLE_RATE": "model",
        "SoundNet5": "model",
        "SoundNet8": "model",
        "decode_predictions": "model",
        "features": "model",
        "frame_times": "frames",
        "frames_to_seconds": "frames",
        "seconds_to_frames": "frames",
        "middle_step": "model",
        "preprocess_input": "model",
    },
)
