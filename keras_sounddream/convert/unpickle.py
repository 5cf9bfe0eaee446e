"""Pickles read as data.

Python's own unpickler imports and calls whatever a file names. This one has the instructions for
dictionaries, lists, strings, numbers and arrays, and refuses all others; of the names in a pickle
it accepts the few functions that arrays are made with, and calls a stand-in for each. Restricting
`pickle.Unpickler` by `find_class` would not do: its memo grows to any index that a file names
(4 bytes take gigabytes), it hashes any key (nested tuples take forever), and it sets attributes of
the stand-ins themselves. tests/convert/test_hostile.py holds a file of each kind.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_sounddream.convert.binary import Cursor, ReadingError, check_shape
from keras_sounddream.convert.pickle_machine import (
    NOT_RUN,
    Buildable,
    Global,
    Machine,
    pairs_to_dict,
)
from keras_sounddream.convert.pickle_operations import OPERATIONS
from keras_sounddream.types import Array

_MAX_INSTRUCTIONS = 1_000_000
_NUMBERS = re.compile(r"b1|f[248]|[iu][1248]")
_BROKEN = (TypeError, ValueError, LookupError, AttributeError, OverflowError)


def load(
    cursor: Cursor, known: Mapping[str, Global], outside: Callable[[Any], Any] | None = None
) -> Any:
    """Reads one pickle of protocol 0 to 5: plain values, and the results of stand-ins.

    `known` is all that it may name, and `outside` maps persistent identifiers to objects. Strings
    of Python 2 are read as Latin-1. The cursor ends behind the pickle. ReadingError if the pickle
    is broken, or names or does anything else.
    """
    machine = Machine(cursor, known, outside)
    try:
        for _ in range(_MAX_INSTRUCTIONS):
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
    raise ReadingError(f"its pickle has over {_MAX_INSTRUCTIONS} instructions. {NOT_RUN}")


def stand_ins(table: Mapping[str, Any]) -> dict[str, Global]:
    """`Global` by dotted name, of the function to call in its place (`None`: never called)."""
    return {name: Global(name, make) for name, make in table.items()}


class PickledArray(Buildable):
    """Stands for a NumPy array.

    Attributes:
        value: array; of an array of one object without axes, `[the object]`; `None` before it is
            built.
    """

    value: Any = None

    def build(self, state: Any) -> None:
        """Fills it from `(version, shape, dtype, Fortran order, bytes)`, NumPy's `__setstate__`."""
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


def as_numbers(data: Any, dtype: Any, shape: Sequence[int], order: Any = "C") -> Array:
    """Bytes as an array of `shape` in native byte order, or ReadingError if they do not fit.

    `data` is bytes, a memoryview or, from Python 2, str; `dtype` has a `code`, such as `"f4"`, and
    an `order`, `"<"` or `">"`; `order` is that of the axes, `"C"` or `"F"`.
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


def check_kind(code: str) -> None:
    """Raises ReadingError unless a NumPy type code, without the byte order, is of numbers."""
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


def resolve_array(node: Any) -> Any:
    """The array of a stand-in (ReadingError if it was never filled with numbers), or `node`."""
    if not isinstance(node, PickledArray):
        return node
    if not isinstance(node.value, np.ndarray):
        check_kind("O")
    return node.value
