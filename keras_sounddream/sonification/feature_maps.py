"""Feature maps of one layer and example, filter by filter: in memory or, if large, on disk."""

import math
import tempfile
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.types import Array, PathLike

MOST_IN_MEMORY = 2**27  # bytes of one layer

_FLOAT = np.dtype("<f4")


class FeatureMaps(Sequence[Array]):
    """A sequence of float32 planes `(frames, bands)`, one per filter, written frames by frames.

    More bytes than `MOST_IN_MEMORY` go to a temporary file, which is deleted with the object.

    Attributes:
        shape: `(filters, frames, bands)`.
    """

    def __init__(self, filters: int, frames: int, bands: int) -> None:
        self.shape = (filters, frames, bands)
        self._values: Any = None
        self._file: Any = None
        if math.prod(self.shape) * _FLOAT.itemsize <= MOST_IN_MEMORY:
            self._values = np.zeros(self.shape, _FLOAT)
        else:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115, closed when it is collected

    def write(self, start: int, values: Array) -> None:
        """Writes `(filters, frames, bands)` from frame `start`; `InputError` if not finite."""
        if not np.isfinite(values).all():
            raise InputError("Expected finite activations. Some are not numbers.")
        if self._values is not None:
            self._values[:, start : start + values.shape[1]] = values
            return
        try:
            for index, plane in enumerate(values):
                self._file.seek(self._offset(index, start))
                self._file.write(np.ascontiguousarray(plane, _FLOAT).data)
        except OSError as error:
            raise InputError(
                f"Cannot keep {math.prod(self.shape) * _FLOAT.itemsize / 1e9:.1f} GB of "
                f"activations in {tempfile.gettempdir()}: {error.strerror or error}."
            ) from None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int) -> Array:  # type: ignore[override]
        """The plane of one filter: float32 `(frames, bands)`."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        if self._values is not None:
            return self._values[index]
        size = self.shape[1] * self.shape[2]
        self._file.seek(self._offset(index, 0))
        plane = np.fromfile(self._file, _FLOAT, size)
        return plane.reshape(self.shape[1:])

    def _offset(self, index, start):
        return (index * self.shape[1] + start) * self.shape[2] * _FLOAT.itemsize


def save_feature_maps(maps: FeatureMaps | Array, path: PathLike, overwrite: bool = False) -> None:
    """Writes `(filters, frames, bands)` to an `.npz` archive, one filter at a time."""
    if not str(path).lower().endswith(".npz"):
        raise InputError(f"Expected a name that ends in .npz. Received: {path}")
    header = {"descr": _FLOAT.str, "fortran_order": False, "shape": tuple(maps.shape)}
    with (
        written_beside(path, overwrite) as temporary,
        zipfile.ZipFile(temporary, "w") as archive,
        archive.open("activations.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, header)
        for plane in maps:
            member.write(np.ascontiguousarray(plane, _FLOAT).data)
