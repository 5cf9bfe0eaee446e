"""SHA-256 digests, by which a run that goes on knows that its files and weights are the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    import keras

_BLOCK = 2**20


def file_digest(path: PathLike) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits; read in blocks.

    Raises:
        OSError: if it cannot be read.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def weights_digest(model: keras.Model) -> str:
    """SHA-256 of a model's weights in their order, 64 hexadecimal digits; names do not count."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()
