"""Data sets of TensorFlow Datasets, by name."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "batches": "pipeline",
        "dataset": "pipeline",
        "find_builder": "builders",
        "find_prepared": "builders",
        "list_data_set": "sounds",
    },
)
