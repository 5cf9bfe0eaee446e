"""Lua Torch's `.t7`, binary: tables, tensors, and the modules of `nn` and `cudnn` as tables."""

import dataclasses
import math
import pathlib
import re
from typing import Any

import numpy as np

from keras_sounddream.convert.binary import MAX_DEPTH, Cursor, ReadingError, flatten, strided
from keras_sounddream.types import Array

_KINDS = {
    "Byte": "u1",
    "Char": "i1",
    "Short": "<i2",
    "Int": "<i4",
    "Long": None,  # as wide as the machine's
    "Half": "<f2",
    "Float": "<f4",
    "Double": "<f8",
}
_CLASS = re.compile(r"torch\.(Cuda)?(\w*?)(Storage|Tensor)")
_SCRATCH = {  # buffers of modules, which are no parameters
    *("output", "_output", "gradInput", "_gradInput", "_gradOutput", "gradWeight", "gradBias"),
    *("_input", "finput", "fgradInput", "save_mean", "save_std", "buffer", "buffer2", "std"),
    *("centered", "normalized", "noise", "indices", "addBuffer", "ones"),
}
_MAX_VALUES = 500_000


@dataclasses.dataclass(frozen=True)
class _Storage:
    numbers: np.ndarray


def read(path: pathlib.Path) -> dict[str, Array]:
    """Arrays by the joined keys of their tables: `modules/1/weight`, counted from 1 as in Lua.

    Buffers that modules compute anew (`output`, `gradWeight` …) and empty tensors are left out.
    """
    data = path.read_bytes()
    try:
        return flatten(_Reader(data, "<q").value(), "/")
    except ReadingError as reason:
        try:
            return flatten(_Reader(data, "<i").value(), "/")  # written on a 32-bit machine
        except ReadingError:
            raise reason from None


class _Reader:
    """Reads values one after another; `long` is the writing machine's, a format of `struct`."""

    def __init__(self, data: bytes, long: str):
        self._cursor = Cursor(data)
        self._long = long
        self._objects: dict[int, Any] = {}
        self._values = 0
        self._depth = 0

    def value(self) -> Any:
        """The next value: dict, array, `_Storage`, str, bool, float or None; a function is None."""
        self._depth += 1
        self._values += 1
        if self._depth > MAX_DEPTH or self._values > _MAX_VALUES:
            raise ReadingError(
                f"it is nested deeper than {MAX_DEPTH}, or has over {_MAX_VALUES} values. "
                "Save the tensors alone"
            )
        kind = self._cursor.number("<i")
        read = _READ.get(kind)
        if read is None:
            raise ReadingError(
                f"it holds a value of the unknown kind {kind}. Save it again, in binary"
            )
        value = read(self)
        self._depth -= 1
        return value

    def _string(self):
        return bytes(self._cursor.take(self._cursor.number("<i"))).decode("latin-1")

    def _number(self):
        return self._cursor.number("<d")

    def _object(self, read):
        """An object, which is in the file once and elsewhere referred to by its index."""
        index = self._cursor.number("<i")
        if index not in self._objects:
            self._objects[index] = {}
            self._objects[index] = read(self, self._objects[index])
        return self._objects[index]

    def _table(self, table):
        size = self._cursor.number("<i")
        if size < 0:
            raise ReadingError(f"it holds a table of {size} entries. Fetch or save it again")
        for _ in range(size):
            name, value = _key_to_name(self.value()), self.value()
            if name is not None:
                table[name] = value
        return table

    def _instance(self, fields):
        name = self._string()
        if re.fullmatch(r"V \d+", name):
            name = self._string()
        match = _CLASS.fullmatch(name)
        if match:
            read = self._storage if match[3] == "Storage" else self._tensor
            return read(_kind(match, self._long))
        content = self.value()
        if not isinstance(content, dict):
            raise ReadingError(f"it holds a {ascii(name)[:60]}, which is no table of tensors")
        fields.update((key, value) for key, value in content.items() if key not in _SCRATCH)
        return fields

    def _storage(self, kind):
        size = self._cursor.number(self._long)
        data = self._cursor.take(size * np.dtype(kind).itemsize)
        return _Storage(np.frombuffer(data, kind))

    def _tensor(self, kind):
        axes = self._cursor.number("<i")
        if not 0 <= axes <= 32:
            raise ReadingError(f"it holds a tensor of {axes} axes. Fetch or save it again")
        shape = [self._cursor.number(self._long) for _ in range(axes)]
        strides = [self._cursor.number(self._long) for _ in range(axes)]
        offset = self._cursor.number(self._long) - 1
        storage = self.value()
        if not axes or not math.prod(shape) or storage is None:
            return None
        if not isinstance(storage, _Storage) or storage.numbers.dtype != kind:
            raise ReadingError(
                "it holds a tensor with no numbers of its kind. Fetch or save it again"
            )
        return strided(storage.numbers, offset, shape, strides)

    def _function(self, _=None):
        """Skips a function without looking at its bytes."""
        self._cursor.take(self._cursor.number("<i"))
        self.value()  # its closure


_READ = {  # by the type number of a value
    0: lambda reader: None,
    1: _Reader._number,
    2: _Reader._string,
    3: lambda reader: reader._object(_Reader._table),
    4: lambda reader: reader._object(_Reader._instance),
    5: lambda reader: bool(reader._cursor.number("<i")),
    6: _Reader._function,
    7: lambda reader: reader._object(_Reader._function),
    8: lambda reader: reader._object(_Reader._function),
}


def _key_to_name(key):
    if isinstance(key, float):
        return str(int(key)) if key.is_integer() else str(key)
    return key if isinstance(key, str) else None


def _kind(match, long):
    """NumPy's type code of a class; `torch.CudaTensor` holds floats."""
    name = match[2] or ("Float" if match[1] else "")
    if name not in _KINDS:
        raise ReadingError(f"it holds a {ascii(match[0])[:60]}, which is no tensor of numbers")
    return _KINDS[name] or long
