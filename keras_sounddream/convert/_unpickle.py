"""Reads pickles as data.

Python's own unpickler imports and calls whatever a file names. This one knows the instructions that
dictionaries, lists, words, numbers and arrays need, and refuses every other; of what a pickle names
it knows the few functions that arrays are made with, and calls a stand-in for each.
"""

import math
import re

import numpy as np

from keras_sounddream.convert._machine import (
    NOT_RUN,
    Buildable,
    Global,
    Machine,
    pairs_to_dict,
)
from keras_sounddream.convert._operations import OPERATIONS
from keras_sounddream.convert._reading import ReadingError, check_shape

_MOST_INSTRUCTIONS = 1_000_000
_NUMBERS = re.compile(r"b1|f[248]|[iu][1248]")
_BROKEN = (TypeError, ValueError, LookupError, AttributeError, OverflowError)


def load(cursor, known, outside=None):
    """Reads one pickle, of any protocol from 0 to 5.

    Args:
        cursor: `Cursor` at its beginning; left behind its end.
        known: dict from dotted name to `Global`: all that a pickle may name.
        outside: function from a persistent identifier to what it names, or `None` if there are
            to be none.

    Returns:
        dict, list, tuple, str, bytes, number, `None`, or what stand-ins made. Strings of Python 2
        are read as Latin-1.

    Raises:
        ReadingError: if it is broken, or names or does anything else.
    """
    machine = Machine(cursor, known, outside)
    try:
        for _ in range(_MOST_INSTRUCTIONS):
            code = bytes(cursor.take(1))
            if code == b".":
                return machine.pop()
            if code not in OPERATIONS:
                raise ReadingError(f"its pickle has the instruction {code!r}. {NOT_RUN}")
            OPERATIONS[code](machine)
    except ReadingError:
        raise
    except _BROKEN as error:
        raise ReadingError(
            f"its pickle is broken before byte {cursor.position} ({type(error).__name__}). "
            "Fetch or save it again"
        ) from None
    raise ReadingError(f"its pickle has over {_MOST_INSTRUCTIONS} instructions. {NOT_RUN}")


def stand_ins(table):
    """Makes what a pickle may name.

    Args:
        table: dict from dotted name to the function to call in its place, or to `None`.

    Returns:
        dict from dotted name to `Global`.
    """
    return {name: Global(name, make) for name, make in table.items()}


class PickledArray(Buildable):
    """Stands for a NumPy array.

    Attributes:
        value: array; of an array of one object without axes, `[the object]`; `None` before it is
            built.
    """

    value = None

    def build(self, state):
        """Fills it, as `numpy.ndarray.__setstate__` does.

        Args:
            state: tuple `(version, shape, dtype, whether Fortran's order, bytes)`.
        """
        _, shape, dtype, fortran, data = state
        if dtype.code == "O" and shape == () and isinstance(data, list) and len(data) == 1:
            self.value = data
        else:
            self.value = as_numbers(data, dtype, shape, "F" if fortran else "C")


class _PickledDType(Buildable):
    def __init__(self, code, *_):
        self.code = "O" if re.fullmatch("O[48]?", code) else code
        self.order = "<"

    def build(self, state):
        self.order = {"<": "<", "|": "<", ">": ">"}[state[1]]


def as_numbers(data, dtype, shape, order="C"):
    """Looks at bytes as an array of numbers.

    Args:
        data: bytes, memoryview or, from Python 2, str.
        dtype: has `code`, such as `"f4"`, and `order`, `"<"` or `">"`.
        shape: tuple of int.
        order: `"C"` or `"F"`.

    Returns:
        array of `shape`, in the machine's order of bytes.

    Raises:
        ReadingError: if it is no array of numbers, or `data` is of another size than `shape`.
    """
    check_kind(dtype.code)
    data = data.encode("latin-1") if isinstance(data, str) else data
    check_shape(shape)
    if math.prod(shape) * int(dtype.code[1]) != len(data):
        raise ReadingError(
            f"an array of shape {shape} does not fit its {len(data)} bytes. Fetch or save it again"
        )
    if dtype.code == "b1":
        numbers = np.frombuffer(data, "u1") != 0
    else:
        numbers = np.frombuffer(data, dtype.order + dtype.code).astype(dtype.code, copy=False)
    return numbers.reshape(shape, order=order)


def check_kind(code):
    """Checks that an array is one of numbers.

    Args:
        code: str, of its kind, as `numpy.dtype.str` without the byte order.

    Raises:
        ReadingError: if it is another.
    """
    if not _NUMBERS.fullmatch(code):
        kind = "objects" if code == "O" else f"kind {ascii(code)[:20]}"
        raise ReadingError(f"it holds an array of {kind}. {NOT_RUN}, of numbers alone")


def _scalar(dtype, data):
    return as_numbers(data, dtype, ())


def _from_buffer(data, dtype, shape, order):
    return as_numbers(data, dtype, shape, order)


def _encode(text, encoding):
    if encoding not in ("latin1", "latin-1"):
        raise ValueError
    return text.encode("latin-1")


def _reconstruct(kind, *_):
    if not (isinstance(kind, Global) and kind.name == "numpy.ndarray"):
        raise TypeError
    return PickledArray()


ARRAYS = stand_ins(
    {
        "numpy.ndarray": None,
        "numpy.dtype": _PickledDType,
        "_codecs.encode": _encode,
        "__builtin__.bytes": lambda: b"",  # of Python 2, when empty
        "collections.OrderedDict": lambda pairs=(): pairs_to_dict(pairs),
    }
    | {
        f"numpy.{core}.{name}": make
        for core in ("core", "_core")
        for name, make in {
            "multiarray._reconstruct": _reconstruct,
            "multiarray.scalar": _scalar,
            "numeric._frombuffer": _from_buffer,
        }.items()
    }
)


def resolve_array(node):
    """Takes the array out of its stand-in.

    Args:
        node: anything that `load` gave.

    Returns:
        the array, or `node` itself if it is no stand-in.

    Raises:
        ReadingError: if it stands for objects, or for an array that was never filled.
    """
    if not isinstance(node, PickledArray):
        return node
    if not isinstance(node.value, np.ndarray):
        check_kind("O")
    return node.value
