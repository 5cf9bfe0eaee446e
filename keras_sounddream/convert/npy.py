"""NumPy's `.npy`: an array of numbers, or a pickled dictionary of them."""

import dataclasses
import math
import pathlib
import re

from keras_sounddream.convert.binary import Cursor, ReadingError, flatten
from keras_sounddream.convert.pickle_machine import NOT_RUN
from keras_sounddream.convert.unpickle import (
    ARRAYS,
    PickledArray,
    as_numbers,
    check_kind,
    load,
    resolve_array,
)
from keras_sounddream.types import Array

MAGIC = b"\x93NUMPY"
_HEADER = re.compile(
    rb"\{'descr': '([<>|=]?)(\w{1,9})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,18}L?(?:, ?)?)*)\),? ?\}\s*"
)
_MAX_HEADER = 10_000  # bytes


@dataclasses.dataclass(frozen=True)
class _Header:
    code: str
    order: str  # of bytes: "<" or ">"
    axes: str  # order of the axes: "C" or "F"
    shape: tuple[int, ...]


def read(path: pathlib.Path) -> dict[str, Array]:
    """Arrays of `.npy` or of a bare pickle, by their joined keys; a lone one is named `array`."""
    data = path.read_bytes()
    cursor = Cursor(data)
    if not data.startswith(MAGIC):
        return flatten(load(cursor, ARRAYS), "/", resolve_array)
    header = _read_header(cursor)
    if header.code != "O":
        return {"array": _read_numbers(cursor, header)}
    tree = load(cursor, ARRAYS)
    if isinstance(tree, PickledArray) and isinstance(tree.value, list):
        (tree,) = tree.value
    return flatten(tree, "/", resolve_array)


def parse(data: bytes) -> Array:
    """The array of numbers in the bytes of a `.npy`."""
    cursor = Cursor(data)
    return _read_numbers(cursor, _read_header(cursor))


def _read_header(cursor):
    cursor.take(len(MAGIC))
    version, _ = cursor.take(2)
    text = bytes(cursor.take(min(cursor.number("<H" if version == 1 else "<I"), _MAX_HEADER)))
    match = _HEADER.fullmatch(text)
    if not match:
        kind = ascii(text[:60])
        raise ReadingError(f"its header is not of an array of numbers: {kind}. {NOT_RUN}")
    order, code, fortran, shape = (group.decode() for group in match.groups())
    sizes = tuple(int(size) for size in re.findall(r"\d+", shape))
    return _Header(code, ">" if order == ">" else "<", "F" if fortran == "True" else "C", sizes)


def _read_numbers(cursor, header):
    check_kind(header.code)
    data = cursor.take(math.prod(header.shape) * int(header.code[1]))
    return as_numbers(data, header, header.shape, header.axes)
