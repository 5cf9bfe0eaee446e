"""HDF5 files of weights, such as Keras 2 writes."""

import pathlib

import h5py

from keras_sounddream.convert.binary import ReadingError, check_size
from keras_sounddream.types import Array

_MODEL = "model_weights/"  # in a model's file, beside an optimizer's
_BROKEN = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, MemoryError)


def read(path: pathlib.Path) -> dict[str, Array]:
    """Data sets by path, such as `conv1/conv1_3/bias:0`; links to other files are not followed.

    Of a model's file only those in `model_weights` count, without that prefix.
    """
    names: list[str] = []

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            names.append(name)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
            if any(name.startswith(_MODEL) for name in names):
                names = [name for name in names if name.startswith(_MODEL)]
            check_size(sum(_checked_size(file[name]) for name in names), path)
            arrays = {name.removeprefix(_MODEL): file[name][()] for name in names}
    except ReadingError:
        raise
    except _BROKEN as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ReadingError(
            f"it is no complete HDF5 file ({reason}). Fetch or save it again"
        ) from None
    if not arrays:
        raise ReadingError("it holds no tensors")
    return arrays


def _checked_size(dataset):
    """Bytes of a data set, which must be of numbers and stored in this file."""
    if dataset.dtype.kind not in "biuf" or dataset.shape is None:
        raise ReadingError(
            f"its data set {dataset.name!r} is of {dataset.dtype}. Save it of numbers alone"
        )
    if dataset.is_virtual or dataset.external:
        raise ReadingError(f"its data set {dataset.name!r} is in another file. Save it in one")
    return dataset.nbytes
