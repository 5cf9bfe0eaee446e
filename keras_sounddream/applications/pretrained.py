"""Models of the zoo and their pretrained weights, by name: tables that need no Keras."""

from __future__ import annotations

import difflib
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from keras_sounddream.applications.wavenet.pretrained import PRETRAINED as _WAVENETS
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

KnownLabels: TypeAlias = Sequence[str] | Mapping[str, Sequence[str]] | None  # by output, if several

FAMILIES = {  # constructor: family; a family's name stands for the last of its constructors
    "LogMelCNN": "log_mel_cnn",
    "SoundNet5": "soundnet",
    "SoundNet8": "soundnet",
    "SqueezeNet": "squeezenet",
    "UrbanSoundCNN": "urban_sound_cnn",
    "WaveNet": "wavenet",
    "YAMNet": "yamnet",
}
OF_PICTURES = ("SqueezeNet",)  # constructors; the others take sounds
SQUEEZENET = {  # version: rows
    version: {
        "imagenet": {
            "labels": "imagenet.txt",
            "file": file,
            "url": f"https://download.pytorch.org/models/{file}",
        },
    }
    for version, file in {
        "1.0": "squeezenet1_0-b66bff10.pth",
        "1.1": "squeezenet1_1-b8a52dc0.pth",
    }.items()
}
_HEADS = {"objects": "imagenet.txt", "scenes": "places2.txt"}  # of SoundNet
# Constructor: rows by key, the first of which is the constructor's default. A row with a `url` is
# of a file that may not ship.
PRETRAINED: dict[str, dict[str, dict[str, Any]]] = {
    "LogMelCNN": {
        "esc10": {
            "labels": "esc10.txt",
            "file": "log_mel_cnn_esc10.npz",
            "sha256": "dc7153b8af8d669db74a1a8f85836971deaee118d9c2405604ced54711a96efd",
        },
    },
    "SoundNet5": {
        "flickr": {
            "labels": _HEADS,
            "file": "soundnet5_final.t7",
            "url": "http://data.csail.mit.edu/soundnet/soundnet_models_public.zip, unpack it,",
        },
    },
    "SoundNet8": {
        "flickr": {
            "labels": _HEADS,
            "file": "sound8.npy",
            "url": "https://drive.google.com/uc?export=download&id=0B9wE6h4m--wjR015M1RLZW45OEU",
        },
    },
    "SqueezeNet": SQUEEZENET["1.0"],
    "UrbanSoundCNN": {
        "esc10": {
            "labels": "esc10.txt",
            "file": "urban_sound_cnn_esc10.npz",
            "sha256": "7d1858246c870b2c9fa3b2e76214c21a97cb4238c1cff4aad78ad03ab1474d7e",
        },
    },
    "WaveNet": _WAVENETS,
    "YAMNet": {
        "audioset": {
            "labels": "audioset.txt",
            "file": "yamnet.h5",
            "url": "https://storage.googleapis.com/audioset/yamnet.h5",
        },
    },
}


def find_constructor(name: str) -> tuple[str, str]:
    """Finds a constructor by its name or its family's.

    Args:
        name: such as `"LogMelCNN"` or `"log_mel_cnn"`.

    Returns:
        `(constructor, family)`, both names.

    Raises:
        InputError: if there is none, with the nearest names.
    """
    names = {}
    for constructor, family in FAMILIES.items():
        names[constructor] = names[family] = constructor, family
    if name in names:
        return names[name]
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.4) or sorted(names)
    raise InputError(
        f"There is no model {name!r}. Did you mean {' or '.join(near)}? "
        "A model of your own is named by its .keras file."
    )


def check_weights(constructor: str, weights: PathLike | None) -> None:
    """Checks that the weights of a constructor, `None` for its default, ship or are there.

    Raises:
        InputError: if there is no such key or file.
    """
    rows = PRETRAINED[constructor]
    weights = next(iter(rows)) if weights is None else weights
    if "url" in rows.get(str(weights), {"url": ""}):
        from keras_sounddream.applications.weights import pretrained_path

        pretrained_path(weights, rows)


def known_labels(constructor: str, weights: PathLike | None) -> KnownLabels:
    """The labels that a model has with some weights, `None` for its default; `None` if unknown.

    A file of weights that may not ship, whatever it is called, has the labels of its key.
    """
    from keras_sounddream.applications.weights import stored_labels

    rows = PRETRAINED[constructor]
    key = next(iter(rows))
    stored = stored_labels(key if weights is None else weights)
    row = rows.get(str(weights), rows[key] if weights is None or "url" in rows[key] else {})
    if stored is not None or "labels" not in row:
        return stored
    names = row["labels"]
    if isinstance(names, str):
        return read_labels(names)
    return {output: read_labels(name) for output, name in names.items()}


def read_labels(name: str) -> tuple[str, ...]:
    """The labels of a data set, one class per line of a file in `labels/`."""
    path = pathlib.Path(__file__).parent / "labels" / name
    return tuple(path.read_text(encoding="utf-8").split("\n")[:-1])
