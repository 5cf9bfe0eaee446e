"""HDF5, as Keras 2 and others write weights."""

import h5py

from keras_sounddream.convert._reading import ReadingError, check_size

_MODEL = "model_weights/"  # in a whole model's file, beside an optimizer's
_BROKEN = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, MemoryError)


def read(path):
    """Reads the data sets of an HDF5 file; links to other files are not followed.

    Args:
        path: `pathlib.Path`.

    Returns:
        dict from the path of a data set, such as `conv1/conv1_3/bias:0`, to array; of a whole
        model's file those in `model_weights`, without that word.

    Raises:
        ReadingError: if it is broken, or holds other things than numbers.
    """
    names = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            names.append(name)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
            if any(name.startswith(_MODEL) for name in names):
                names = [name for name in names if name.startswith(_MODEL)]
            check_size(sum(_checked_size(file[name]) for name in names), path)
            found = {name.removeprefix(_MODEL): file[name][()] for name in names}
    except ReadingError:
        raise
    except _BROKEN as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ReadingError(f"it is no whole HDF5 file ({reason}). Fetch or save it again") from None
    if not found:
        raise ReadingError("it holds no tensors")
    return found


def _checked_size(dataset):
    """Bytes of a data set that holds its numbers itself."""
    if dataset.dtype.kind not in "biuf" or dataset.shape is None:
        raise ReadingError(
            f"its data set {dataset.name!r} is of {dataset.dtype}. Save it of numbers alone"
        )
    if dataset.is_virtual or dataset.external:
        raise ReadingError(f"its data set {dataset.name!r} is in another file. Save it in one")
    return dataset.nbytes
