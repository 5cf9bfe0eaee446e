"""Weights that other systems wrote, read as arrays; nothing in such a file is ever run."""

import zipfile

import numpy as np

from keras_sounddream.errors import InputError

__all__ = ["read_arrays"]


def read_arrays(path):
    """Reads the tensors of a file.

    Args:
        path: str or path of `.npz`, or of `.h5`, whose tensors are named by their paths inside.

    Returns:
        dict from name to array.

    Raises:
        InputError: if it is not such a file, or holds other things than numbers.
    """
    try:
        if str(path).endswith(".h5"):
            return _read_h5(path)
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, TypeError, zipfile.BadZipFile, AttributeError) as error:
        raise InputError(
            f"Expected weights as .npz or .weights.h5, of numbers alone. {path} is not: "
            f"{type(error).__name__}."
        ) from None


def _read_h5(path):
    import h5py

    found = {}
    with h5py.File(path, "r") as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found
