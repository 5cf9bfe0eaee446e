"""Activations of one layer and example, plane by plane: in memory, or, if many, on disk."""

import math
import tempfile
import zipfile

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside

MOST_IN_MEMORY = 2**27  # bytes of one layer

_FLOAT = np.dtype("<f4")


class Planes:
    """A sequence of planes `(frames, bands)`, one a filter, that is written a stretch at a time.

    More than `MOST_IN_MEMORY` lie in a temporary file, which is gone when they are.

    Args:
        filters: int.
        frames: int.
        bands: int.

    Attributes:
        shape: `(filters, frames, bands)`.
    """

    def __init__(self, filters, frames, bands):
        self.shape = (filters, frames, bands)
        self._values = self._file = None
        if math.prod(self.shape) * _FLOAT.itemsize <= MOST_IN_MEMORY:
            self._values = np.zeros(self.shape, _FLOAT)
        else:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115, closed when it is collected

    def write(self, start, stretch):
        """Takes in some frames of every filter.

        Args:
            start: int, the first frame.
            stretch: float32 `(filters, frames, bands)`.

        Raises:
            InputError: if they hold what is no number, or the disk is full.
        """
        if not np.isfinite(stretch).all():
            raise InputError("Expected finite activations. Some are not numbers.")
        if self._values is not None:
            self._values[:, start : start + stretch.shape[1]] = stretch
            return
        try:
            for index, plane in enumerate(stretch):
                self._file.seek(self._offset(index, start))
                self._file.write(np.ascontiguousarray(plane, _FLOAT).data)
        except OSError as error:
            raise InputError(
                f"Cannot keep {math.prod(self.shape) * _FLOAT.itemsize / 1e9:.1f} GB of "
                f"activations in {tempfile.gettempdir()}: {error.strerror or error}."
            ) from None

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        """Reads the plane of a filter: float32 `(frames, bands)`."""
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


def save_planes(planes, path, overwrite=False):
    """Writes planes to a NumPy archive, one at a time.

    Args:
        planes: `Planes`, or float32 `(filters, frames, bands)`.
        path: str or path, ending in `.npz`.
        overwrite: bool, whether a file that exists may be replaced.

    Raises:
        InputError: if the path ends otherwise or may not be written.
    """
    if not str(path).lower().endswith(".npz"):
        raise InputError(f"Expected a name that ends in .npz. Received: {path}")
    header = {"descr": _FLOAT.str, "fortran_order": False, "shape": tuple(planes.shape)}
    with (
        written_beside(path, overwrite) as temporary,
        zipfile.ZipFile(temporary, "w") as archive,
        archive.open("activations.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, header)
        for plane in planes:
            member.write(np.ascontiguousarray(plane, _FLOAT).data)
