"""Features of sound files in one `.npz` archive of plain numbers, written as they are computed."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.types import Array, PathLike

FILES = "files"  # name of the array that holds the names of the files


class FeatureFile:
    """Archive of the features of several layers; see `open_feature_file`."""

    def __init__(self, archive: zipfile.ZipFile, layers: Sequence[str], uneven: bool) -> None:
        self._archive, self._uneven = archive, uneven
        self._rows: dict[str, list[Array]] = {layer: [] for layer in layers}
        self.names: list[str] = []

    def add(self, name: str, features: Mapping[str, Array]) -> None:
        """Adds the features of one file, by layer."""
        for layer, values in features.items():
            if self._uneven:
                self._write(f"{layer}/{len(self.names)}", values)
            else:
                self._rows[layer].append(np.ravel(values))
        self.names.append(name)

    def finish(self) -> None:
        """Writes what only the end knows: names, and a matrix per layer."""
        self._write(FILES, np.array(self.names, str))
        if not self._uneven:
            for layer, rows in self._rows.items():
                self._write(layer, np.stack(rows))

    def _write(self, name, values):
        is_text = values.dtype.kind == "U"
        with self._archive.open(f"{name}.npy", "w", force_zip64=True) as member:
            values = values if is_text else np.ascontiguousarray(values, "float32")
            np.lib.format.write_array(member, values, allow_pickle=False)


@contextlib.contextmanager
def open_feature_file(
    path: PathLike, layers: Sequence[str], uneven: bool = False, overwrite: bool = False
) -> Iterator[FeatureFile]:
    """Opens an archive of features, which is beside `path` until it is complete.

    It holds `files`, the names of the sound files, and for each layer one float32 array
    `(files, features)` of its name; if `uneven`, one per file, `<layer>/<number in files>`,
    `(steps, channels)` or `(steps, bands, channels)`.

    Args:
        path: ends in `.npz`.
        layers: names of layers.
        uneven: whether the features of a file are as many as it is long.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: if `path` may not be written, or no file was added.
    """
    with (
        written_beside(check_feature_file(path, overwrite), overwrite) as temporary,
        zipfile.ZipFile(temporary, "w") as archive,
    ):
        features = FeatureFile(archive, layers, uneven)
        yield features
        if not features.names:
            raise InputError(f"No file could be read: {path} is not written.")
        features.finish()


def check_feature_file(path: PathLike, overwrite: bool = False) -> PathLike:
    """The path of an archive that can be written, checked before any work is done for it."""
    if not str(path).lower().endswith(".npz"):
        raise InputError(f"Expected features to write as .npz. Received: {path}")
    return check_output(path, overwrite)
