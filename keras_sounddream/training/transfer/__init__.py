"""Transfer learning: linear probes, fine-tuning, and what units respond to."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "PROTOCOLS": "linear_classifier",
        "ProbeResult": "linear_probe",
        "UnitSensitivity": "units",
        "cross_validate": "linear_probe",
        "finetune": "fine_tuning",
        "layer_activations": "activations",
        "measure_units": "units",
        "place_units": "unit_map",
        "probe": "linear_probe",
        "score_clips": "fine_tuning",
        "stored_features": "feature_cache",
    },
)
