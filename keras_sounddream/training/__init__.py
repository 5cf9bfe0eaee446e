"""Training: classifiers, WaveNets, distillation and transfer."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "batches": "keras_sounddream.datasets.tfds.pipeline",
        "dataset": "keras_sounddream.datasets.tfds.pipeline",
        "distillation": "",
        "distributed": "",
        "fit": "classifier",
        "recipes": "",
        "transfer": "",
        "wavenet": "",
    },
)
