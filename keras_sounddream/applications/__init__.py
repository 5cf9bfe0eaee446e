"""Networks for sound, built and loaded as `keras.applications` does it."""

import difflib

from keras_sounddream.applications import (
    log_mel_cnn,
    soundnet,
    squeezenet,
    urban_sound_cnn,
    wavenet,
    yamnet,
)
from keras_sounddream.applications.log_mel_cnn import LogMelCNN
from keras_sounddream.applications.soundnet import SoundNet5, SoundNet8
from keras_sounddream.applications.squeezenet import SqueezeNet
from keras_sounddream.applications.urban_sound_cnn import UrbanSoundCNN
from keras_sounddream.applications.wavenet import WaveNet
from keras_sounddream.applications.yamnet import YAMNet
from keras_sounddream.errors import InputError

FAMILIES = {  # constructor's name: module, whose name stands for the last of them
    "LogMelCNN": log_mel_cnn,
    "SoundNet5": soundnet,
    "SoundNet8": soundnet,
    "SqueezeNet": squeezenet,
    "UrbanSoundCNN": urban_sound_cnn,
    "WaveNet": wavenet,
    "YAMNet": yamnet,
}

__all__ = [
    "FAMILIES",
    "LogMelCNN",
    "SoundNet5",
    "SoundNet8",
    "SqueezeNet",
    "UrbanSoundCNN",
    "WaveNet",
    "YAMNet",
    "find",
    "log_mel_cnn",
    "soundnet",
    "squeezenet",
    "urban_sound_cnn",
    "wavenet",
    "yamnet",
]


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
