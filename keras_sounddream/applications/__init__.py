"""Networks for sound, built and loaded as `keras.applications` does it."""

import difflib

from keras_sounddream.applications import log_mel_cnn, urban_sound_cnn
from keras_sounddream.applications.log_mel_cnn import LogMelCNN
from keras_sounddream.applications.urban_sound_cnn import UrbanSoundCNN
from keras_sounddream.errors import InputError

FAMILIES = {  # constructor's name: module
    "LogMelCNN": log_mel_cnn,
    "UrbanSoundCNN": urban_sound_cnn,
}

__all__ = ["FAMILIES", "LogMelCNN", "UrbanSoundCNN", "find", "log_mel_cnn", "urban_sound_cnn"]


def find(name):
    """Finds a constructor by its name or its module's.

    Args:
        name: str, such as `"LogMelCNN"` or `"log_mel_cnn"`.

    Returns:
        `(str, module)`: the constructor's name and its family.

    Raises:
        InputError: if there is none, with the nearest names.
    """
    names = {}
    for constructor, module in FAMILIES.items():
        names[constructor] = names[module.__name__.split(".")[-1]] = constructor, module
    if name in names:
        return names[name]
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.4) or sorted(names)
    raise InputError(
        f"There is no model {name!r}. Did you mean {' or '.join(near)}? "
        "A model of your own is named by its .keras file."
    )
