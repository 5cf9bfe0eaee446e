"""NumPy's `.npz`: a zip archive of `.npy`."""

import pathlib

from keras_sounddream.convert import npy, zip_archive
from keras_sounddream.convert.binary import ReadingError
from keras_sounddream.types import Array


def read(path: pathlib.Path) -> dict[str, Array]:
    """Arrays by the names of the archive's members."""
    arrays = {}
    for name, data in zip_archive.read(path).items():
        try:
            arrays[name.removesuffix(".npy")] = npy.parse(data)
        except ReadingError as reason:
            raise ReadingError(f"in its member {name!r}, {reason}") from None
    return arrays
