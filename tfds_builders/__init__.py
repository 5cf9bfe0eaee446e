"""Data sets for TensorFlow Datasets: `import tfds_builders`, then `tfds.load("esc50/esc10")`.

Importing the package registers its builders, without building or downloading any.
"""

import importlib

from tfds_builders import folds

NAMES = (
    "artificial_imagenet",
    "dog_sounds_and_pictures",
    "esc50",
    "fsdkaggle2018_subset",
    "music_genres",
    "natural_dreams",
    "natural_images",
    "sound_video",
    "spoken_digit_folder",
    "urbansound8k",
)

__all__ = ["NAMES", "folds"]

for _name in NAMES:
    importlib.import_module(f"tfds_builders.{_name}.{_name}_dataset_builder")
