"""Fuzz targets: the parsers of files that others wrote, each as a function of bytes.

`one(data)` returns, warns by an `InputWarning`, or raises an `InputError`. Any other exception is a
fault; so is `WrongAnswerError`, an answer that can be seen to be none.
"""

import dataclasses
import warnings
from collections.abc import Callable

from fuzz import model_targets as models
from fuzz import seeds, sound_seeds
from fuzz import sound_targets as sounds

from keras_sounddream.errors import InputError


@dataclasses.dataclass(frozen=True)
class Target:
    """A parser.

    Attributes:
        one: function of the bytes of a file.
        seeds: function that gives a list of bytes: whole files, which are then mutated.
        share: of all tries, in parts of the sum over all targets; slow parsers have less.
        quick: tries in the tests of the repository.
        heavy: whether TensorFlow or Keras is imported.
        may_raise: more errors that mean a refusal.
    """

    one: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    share: float = 1.0
    quick: int = 150
    heavy: bool = False
    may_raise: Callable[[], tuple] = tuple

    def outcome(self, data):
        """`"read"`, `"warned"` or `"refused"`; a fault is raised."""
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                self.one(data)
            except (InputError, *self.may_raise()):
                return "refused"
        return "warned" if any(issubclass(w.category, UserWarning) for w in said) else "read"


def _weights(*names):
    return lambda: seeds.weights(*names)


TARGETS = {
    "sound": Target(sounds.sound, sound_seeds.sounds, 8, 600),
    "lite_sound": Target(sounds.lite_sound, sound_seeds.sounds, 4, 200),
    "raw_samples": Target(sounds.raw_samples, sound_seeds.sounds, 1, 100),
    "coded_sound": Target(sounds.coded_sound, sound_seeds.coded, 1, 60),
    "data_check": Target(sounds.data_check, sound_seeds.sounds, 2, 120),
    "music_tags": Target(sounds.music_tags, sound_seeds.tagged, 4, 300),
    "table": Target(sounds.table, seeds.tables, 2),
    "training_log": Target(sounds.training_log, seeds.logs, 2),
    "settings": Target(sounds.settings, seeds.settings_files, 1),
    "npy": Target(models.weights, seeds.npy, 2),
    "npz": Target(models.weights, _weights("weights.npz"), 2),
    "pth": Target(models.weights, _weights("weights.pth", "legacy.pth"), 3),
    "t7": Target(models.weights, _weights("weights.t7"), 2),
    "h5": Target(models.weights, _weights("weights.h5"), 2),
    "tflite": Target(models.weights, seeds.tflite_files, 2, 80, heavy=True),
    "checkpoint": Target(models.checkpoint, models.checkpoint_seeds, 1, 60, heavy=True),
    "keras_file": Target(models.keras_file, seeds.keras_files, 2, 120, heavy=True),
    "picture": Target(models.picture, sound_seeds.pictures, 3, 200, heavy=True),
    "metadata": Target(models.metadata, seeds.metadata_files, 2),
    "lite_metadata": Target(models.lite_metadata, seeds.metadata_files, 2, 100, heavy=True),
    "lite_model": Target(models.lite_model, seeds.tflite_files, 2, 100, heavy=True),
    "foreign_model": Target(models.foreign_model, seeds.tflite_files, 0.05, 3, heavy=True),
    "dream_state": Target(models.dream_state, seeds.dream_states, 3, 200, heavy=True),
    "training_state": Target(models.training_state, seeds.training_states, 1, 60, heavy=True),
    "served_wav": Target(
        models.served_wav, sound_seeds.sounds, 2, 150, True, models.served_refusals
    ),
    "archive": Target(models.archive, seeds.archives, 0.5, 20, heavy=True),
    "server_config": Target(models.server_config, seeds.server_configs, 2, 100, heavy=True),
}
