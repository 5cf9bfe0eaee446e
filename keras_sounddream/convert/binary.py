"""Helpers of all readers: a cursor over bytes, size limits, strided views, names of arrays."""

import math
import pathlib
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_sounddream.types import Array

MAX_DEPTH = 100
_SPARE_BYTES = 64 << 20
_MAX_COMPRESSION = 20  # trained weights hardly compress at all; what compresses more is none
_MAX_AXES = 32


class ReadingError(ValueError):
    """Reason why weights cannot be read: a clause about "it" (the file), and what to do."""


class Cursor:
    """A position in bytes that moves forward and never past their end.

    Attributes:
        position: int, offset of the next byte.
        size: int, number of bytes.
    """

    def __init__(self, data: bytes):
        self._data = data
        self._view = memoryview(data)
        self.position = 0
        self.size = len(data)

    def take(self, size: int) -> memoryview:
        """The next `size` bytes, not copied; ReadingError if there are fewer."""
        if not 0 <= size <= self.size - self.position:
            raise ReadingError(
                f"it ends too soon ({size} bytes needed at {self.position} of {self.size}). "
                "Fetch or save it again"
            )
        self.position += size
        return self._view[self.position - size : self.position]

    def number(self, kind: str) -> Any:
        """The next number, of a format of `struct`, such as `"<i"`."""
        return struct.unpack(kind, self.take(struct.calcsize(kind)))[0]

    def line(self) -> bytes:
        """The next line, without its end."""
        end = self._data.find(b"\n", self.position)
        if end < 0:
            raise ReadingError("it ends too soon, within a line. Fetch or save it again")
        return bytes(self.take(end + 1 - self.position))[:-1]


def check_size(size: int, path: pathlib.Path) -> None:
    """Raises ReadingError if a file would unpack to far more bytes than it has."""
    most = max(_SPARE_BYTES, _MAX_COMPRESSION * path.stat().st_size)
    if size > most:
        raise ReadingError(
            f"it would unpack to {size} bytes, and a file of its size may to {most}. "
            "Save it without compression if it is really that large"
        )


def check_shape(shape: Sequence[Any]) -> None:
    """Raises ReadingError unless `shape` has at most 32 axes and is of a possible size."""
    if len(shape) > _MAX_AXES or not all(type(n) is int and 0 <= n < 2**48 for n in shape):
        raise ReadingError("the shape of a tensor is invalid. Fetch or save it again")
    if math.prod(n or 1 for n in shape) >= 2**48:
        raise ReadingError(f"a tensor of shape {shape} is too large. Fetch or save it again")


def strided(storage: Array, offset: int, shape: Sequence[int], strides: Sequence[int]) -> Array:
    """A read-only view of shape `shape` on `storage` `(numbers,)`; `strides` count numbers.

    ReadingError if it would reach past the storage, or have more entries than there are numbers.
    """
    check_shape(shape)
    if len(strides) != len(shape) or not all(type(n) is int for n in (offset, *strides)):
        raise ReadingError("the strides of a tensor are invalid. Fetch or save it again")
    steps = [step * storage.itemsize for step in strides]
    if 0 in shape:
        return np.zeros(shape, storage.dtype)
    reach = sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if min(offset, *strides, 0) < 0 or max(math.prod(shape), offset + reach + 1) > storage.size:
        raise ReadingError(
            f"a tensor of shape {shape} does not fit its {storage.size} numbers. "
            "Fetch or save it again"
        )
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps, writeable=False)


def flatten(
    tree: Any, separator: str, resolve: Callable[[Any], Any] = lambda node: node
) -> dict[str, Array]:
    """The arrays in nested dictionaries and lists, named by their keys joined by `separator`.

    A container that occurs several times counts where it is met first, so one that contains itself
    does no harm. `resolve` maps stand-ins to arrays; strings and plain numbers are skipped. A lone
    array is named `array`. ReadingError if there is no array, two have one name, or it is too deep.
    """
    arrays: dict[str, Array] = {}
    seen: set[int] = set()
    waiting: list[tuple[tuple[str, ...], Any]] = [((), tree)]
    while waiting:
        path, node = waiting.pop()
        node = resolve(node)
        if isinstance(node, np.ndarray):
            name = separator.join(path) or "array"
            if name in arrays:
                raise ReadingError(f"two of its tensors are named {_short(name)}. Rename one")
            arrays[name] = node
        elif isinstance(node, (dict, list, tuple)) and id(node) not in seen:
            if len(path) > MAX_DEPTH:
                raise ReadingError(f"it is nested deeper than {MAX_DEPTH}. Save the tensors alone")
            seen.add(id(node))
            children = list(node.items() if isinstance(node, dict) else enumerate(node))
            waiting.extend(((*path, str(key)), child) for key, child in reversed(children))
    if not arrays:
        raise ReadingError("it holds no tensors. Save a dictionary of them")
    return arrays


def _short(value):
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
