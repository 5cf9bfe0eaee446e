"""Networks for sound, built and loaded as `keras.applications` does it."""

import difflib

from keras_sounddream.applications import (
    _weights,
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
from keras_sounddream.files import written_beside

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
    "build",
    "find",
    "log_mel_cnn",
    "save_weights",
    "soundnet",
    "squeezenet",
    "urban_sound_cnn",
    "wavenet",
    "yamnet",
]


def build(name, **arguments):
    """Builds a model by its name; classes are as many as the file of weights says, if it says.

    Args:
        name: str, as of `find`.
        **arguments: of the constructor; `weights` that `save_weights` or `sounddream finetune`
            wrote carry their labels, and are taken for those of one class a sound (softmax).

    Returns:
        `(keras.Model, module)`: the model and its family.

    Raises:
        InputError: as `find` and the constructor.
    """
    name, family = find(name)
    labels = _weights.stored_labels(arguments.get("weights"))
    if labels is not None:
        arguments = {"classes": len(labels), "classifier_activation": "softmax", **arguments}
    return getattr(family, name)(**arguments), family


def save_weights(model, path, overwrite=False):
    """Writes a model's weights, and its labels with them, in 16 bits.

    Args:
        model: `keras.Model`, with `labels` or without.
        path: str or path, ending in `.npz`, which constructors take as `weights`.
        overwrite: bool, whether a file that exists may be replaced.

    Raises:
        InputError: if `path` has another ending or may not be written.
    """
    if not str(path).endswith(".npz"):
        raise InputError(f"Expected weights to write as .npz. Received: {path}")
    with written_beside(path, overwrite) as temporary:
        _weights.save(model, temporary, labels=getattr(model, "labels", None))


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
