"""Weights that other systems wrote, read as arrays; nothing in such a file is ever run."""

import pathlib
import zipfile

import numpy as np

from keras_sounddream.convert import tflite
from keras_sounddream.errors import InputError

__all__ = ["read_arrays"]


def read_arrays(path):
    """Reads the tensors of a file.

    Args:
        path: str or path of `.npz`, `.h5` (names are the paths of its data sets) or `.tflite`.

    Returns:
        dict from name to array.

    Raises:
        InputError: if it is not such a file, or holds other things than numbers.
    """
    suffix = pathlib.Path(path).suffix.lower()
    if suffix in (".h5", ".hdf5"):
        return _read_h5(path)
    if suffix == ".tflite":
        return tflite.read(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, TypeError, zipfile.BadZipFile, AttributeError) as error:
        raise InputError(
            f"Expected weights as .npz or .weights.h5, of numbers alone. {path} is not: "
            f"{type(error).__name__}."
        ) from None


def _read_h5(path):
    import h5py  # with TensorFlow's weight formats; not needed for others

    found = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset):
            if item.dtype.kind not in "fiu":
                raise TypeError(f"{name!r} holds {item.dtype}")
            found[name] = item[()]

    try:
        with h5py.File(path, "r") as file:
            file.visititems(take)
    except (OSError, TypeError, RuntimeError) as error:
        raise InputError(
            f"Expected weights as .h5, of numbers alone. {path} is not: {error}"
        ) from None
    return found
