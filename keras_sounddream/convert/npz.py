"""NumPy's `.npz`: a zip archive of `.npy`."""

import keras_sounddream.convert._zip as _zip
from keras_sounddream.convert import npy
from keras_sounddream.convert._reading import ReadingError


def read(path):
    """Reads `.npz`.

    Args:
        path: `pathlib.Path`.

    Returns:
        dict from name to array.

    Raises:
        ReadingError: if it is broken, or holds other things than numbers.
    """
    found = {}
    for name, data in _zip.read(path).items():
        try:
            found[name.removesuffix(".npy")] = npy.parse(data)
        except ReadingError as reason:
            raise ReadingError(f"of {name!r}, {reason}") from None
    return found
