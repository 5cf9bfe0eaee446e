"""Networks for sound, built and loaded as `keras.applications` does it."""

import difflib

from keras_sounddream.applications import log_mel_cnn, yamnet
from keras_sounddream.applications.log_mel_cnn import LogMelCNN
from keras_sounddream.applications.yamnet import YAMNet
from keras_sounddream.errors import InputError

FAMILIES = {"LogMelCNN": log_mel_cnn, "YAMNet": yamnet}  # constructor's name: module

__all__ = ["FAMILIES", "LogMelCNN", "YAMNet", "find", "log_mel_cnn", "yamnet"]


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
