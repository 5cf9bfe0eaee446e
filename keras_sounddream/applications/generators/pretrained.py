"""Weights of generators that ship, by key: a table that needs no Keras."""

import pathlib
from typing import Any

from keras_sounddream.applications.pretrained import shipped_path
from keras_sounddream.applications.weights import pretrained_path
from keras_sounddream.types import PathLike

# Key, such as "esc10_dreams": `file` of saved_models/, its `sha256`, and `licence`. The file says
# how the generator is built.
PRETRAINED: dict[str, dict[str, Any]] = {
    "esc10_dreams": {
        "file": "dcgan_esc10_dreams.npz",
        "sha256": "42516348504ea35b496cea80f45ecafbb9674d912328c26a3f70b2fa94d9074b",
        "licence": "Apache-2.0",
    },
}


def find_weights(weights: PathLike) -> pathlib.Path:
    """Path of the file that a key of `PRETRAINED`, or a path, names.

    Raises:
        InputError: if there is no such key or file.
    """
    if weights in PRETRAINED:
        return shipped_path(PRETRAINED[str(weights)]["file"])
    return pretrained_path(weights, PRETRAINED)
