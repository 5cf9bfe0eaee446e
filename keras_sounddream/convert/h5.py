"""HDF5 files of weights, such as Keras 2 writes."""

import contextlib
import pathlib
from typing import IO

import h5py

from keras_sounddream.convert.binary import ReadingError, check_size
from keras_sounddream.types import Array

_MODEL = "model_weights/"  # in a model's file, beside an optimizer's


def read(path: pathlib.Path) -> dict[str, Array]:
    """Data sets by path, such as `conv1/conv1_3/bias:0`; links to other files are not followed.

    Of a model's file only those in `model_weights` count, without that prefix.
    """
    with _opened(path) as file:
        names = [item.name.removeprefix("/") for item in _items(file, h5py.Dataset)]
        if any(name.startswith(_MODEL) for name in names):
            names = [name for name in names if name.startswith(_MODEL)]
        check_size(sum(_checked_size(file[name]) for name in names), path)
        arrays = {name.removeprefix(_MODEL): file[name][()] for name in names}
    if not arrays:
        raise ReadingError("it holds no tensors")
    return arrays


def check(path: pathlib.Path, content: IO[bytes] | None = None) -> None:
    """Raises ReadingError if a file is broken, unpacks to too much, or refers to other files.

    Nothing but descriptions is read. `content` is given for a member of an archive at `path`.
    """
    with _opened(path if content is None else content) as file:
        groups = [file, *_items(file, h5py.Group)]
        for group in groups:
            for name in group:
                if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
                    raise ReadingError(f"its part {name!r} is in another file. Save it in one")
        check_size(sum(map(_own_size, _items(file, h5py.Dataset))), path)


@contextlib.contextmanager
def _opened(source):
    try:
        with h5py.File(source, "r") as file:
            yield file
    except ReadingError:
        raise
    except Exception as error:  # h5py raises anything for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ReadingError(
            f"it is no complete HDF5 file ({reason}). Fetch or save it again"
        ) from None


def _items(file, kind):
    """Groups or data sets of a file, of any depth; links are not followed."""
    items: list = []

    def visit(name: str, item: object) -> None:
        if isinstance(item, kind):
            items.append(item)

    file.visititems(visit)
    return items


def _checked_size(dataset):
    """Bytes of a data set, which must be of numbers and stored in this file."""
    if dataset.dtype.kind not in "biuf" or dataset.shape is None:
        raise ReadingError(
            f"its data set {dataset.name!r} is of {dataset.dtype}. Save it of numbers alone"
        )
    return _own_size(dataset)


def _own_size(dataset):
    """Bytes of a data set, which must be stored in this file."""
    if dataset.is_virtual or dataset.external:
        raise ReadingError(f"its data set {dataset.name!r} is in another file. Save it in one")
    return dataset.nbytes
