"""Digests, by which a run that goes on knows that its files, weights and data are the same."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

import numpy as np

from keras_sounddream.types import Array, PathLike

if TYPE_CHECKING:
    import keras

_BLOCK = 2**20
_SAMPLED = 10_000  # numbers


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


def sampled_checksum(array: Array) -> int:
    """CRC-32 of some 10,000 numbers of an array, evenly spaced: of a large one on a disk, too."""
    numbers = array.reshape(-1)
    return zlib.crc32(np.ascontiguousarray(numbers[:: max(numbers.size // _SAMPLED, 1)]).tobytes())
