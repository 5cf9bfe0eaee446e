"""Training: classifiers, WaveNets, distillation and transfer."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AugmentedCrops": "augmentation",
        "BalancedBatches": "balanced_batches",
        "StepBatches": "step_batches",
        "batches": "keras_sounddream.datasets.tfds.pipeline",
        "dataset": "keras_sounddream.datasets.tfds.pipeline",
        "distillation": "",
        "distributed": "",
        "evaluation": "",
        "filters": "",
        "fit": "classifier",
        "generators": "",
        "recipes": "",
        "transfer": "",
        "wavenet": "",
    },
)
