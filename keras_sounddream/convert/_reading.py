"""What the readers share: a place in bytes, views of numbers, names for what was read."""

import math
import struct

import numpy as np

MAX_DEPTH = 100
_LOOSE_BYTES = 64 << 20
_MOST_PACKED = 20  # trained numbers hardly pack at all; what packs better is no set of weights
_MOST_AXES = 32


class ReadingError(ValueError):
    """Why the weights of a file cannot be had: a clause about "it", and what to do."""


class Cursor:
    """A place in bytes, which moves forward and never past their end.

    Args:
        data: bytes.

    Attributes:
        position: int, where it is.
        size: int, bytes there are.
    """

    def __init__(self, data):
        self._data = data
        self._view = memoryview(data)
        self.position = 0
        self.size = len(data)

    def take(self, size):
        """Moves over the next bytes.

        Args:
            size: int, how many.

        Returns:
            memoryview of them; nothing is copied.

        Raises:
            ReadingError: if there are not as many, or `size` is negative.
        """
        if not 0 <= size <= self.size - self.position:
            raise ReadingError(
                f"it ends too soon ({size} bytes wanted at {self.position} of {self.size}). "
                "Fetch or save it again"
            )
        self.position += size
        return self._view[self.position - size : self.position]

    def number(self, kind):
        """Moves over one number.

        Args:
            kind: str, as `struct` writes it, such as `"<i"`.

        Returns:
            int or float.
        """
        return struct.unpack(kind, self.take(struct.calcsize(kind)))[0]

    def line(self):
        """Moves over a line.

        Returns:
            bytes of it, without its end.
        """
        end = self._data.find(b"\n", self.position)
        if end < 0:
            raise ReadingError("it ends too soon, within a line. Fetch or save it again")
        return bytes(self.take(end + 1 - self.position))[:-1]


def check_size(size, path):
    """Keeps a small file from asking for all the memory there is.

    Args:
        size: int, bytes of all its tensors together.
        path: `pathlib.Path` of the file.

    Raises:
        ReadingError: if they are more than such a file may hold.
    """
    most = max(_LOOSE_BYTES, _MOST_PACKED * path.stat().st_size)
    if size > most:
        raise ReadingError(
            f"it would unpack to {size} bytes, and a file of its size may to {most}. "
            "Save it without compression if it is really that large"
        )


def check_shape(shape):
    """Checks that a shape is one, before anything is worked out with it.

    Args:
        shape: sequence of anything.

    Raises:
        ReadingError: if it is not one of at most 32 axes.
    """
    if len(shape) > _MOST_AXES or not all(type(n) is int and 0 <= n < 2**48 for n in shape):
        raise ReadingError("the shape of a tensor is none. Fetch or save it again")
    if math.prod(n or 1 for n in shape) >= 2**48:
        raise ReadingError(f"a tensor of shape {shape} is too large. Fetch or save it again")


def strided(storage, offset, shape, strides):
    """Looks at a flat run of numbers as a tensor; nothing is copied.

    Args:
        storage: array `(numbers,)`.
        offset: int, number that the tensor begins with.
        shape: sequence of int.
        strides: sequence of int, numbers from one entry to the next along each axis.

    Returns:
        array of `shape`.

    Raises:
        ReadingError: if the tensor would reach past the numbers, or hold more than there are.
    """
    check_shape(shape)
    if len(strides) != len(shape) or not all(type(n) is int for n in (offset, *strides)):
        raise ReadingError("the steps of a tensor are no numbers. Fetch or save it again")
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


def flatten(tree, separator, resolve=lambda node: node):
    """Names the arrays in nested dictionaries and lists by the way to them.

    A dictionary or list that stands in several places is taken where it is met first, so what
    holds itself does no harm. Words and plain numbers are passed over.

    Args:
        tree: dict, list, tuple or array.
        separator: str, between the keys of a name.
        resolve: function from what stands in the tree to what is meant.

    Returns:
        dict from name to array; an array that is alone is named `array`.

    Raises:
        ReadingError: if there is no array, two have one name, or the tree is too deep.
    """
    found, seen, waiting = {}, set(), [((), tree)]
    while waiting:
        path, node = waiting.pop()
        node = resolve(node)
        if isinstance(node, np.ndarray):
            name = separator.join(path) or "array"
            if name in found:
                raise ReadingError(f"two of its tensors are named {_short(name)}. Rename one")
            found[name] = node
        elif isinstance(node, (dict, list, tuple)) and id(node) not in seen:
            if len(path) > MAX_DEPTH:
                raise ReadingError(f"it is nested deeper than {MAX_DEPTH}. Save the tensors alone")
            seen.add(id(node))
            children = list(node.items() if isinstance(node, dict) else enumerate(node))
            waiting.extend(((*path, str(key)), child) for key, child in reversed(children))
    if not found:
        raise ReadingError("it holds no tensors. Save a dictionary of them")
    return found


def _short(value):
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
