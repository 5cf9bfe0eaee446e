"""PyTorch's `.pth`: zip archives, and the bare pickles of PyTorch before 1.6."""

import dataclasses
import pathlib

import numpy as np

from keras_sounddream.convert import zip_archive
from keras_sounddream.convert.binary import Cursor, ReadingError, flatten, strided
from keras_sounddream.convert.pickle_machine import Global
from keras_sounddream.convert.unpickle import ARRAYS, load, resolve_array, stand_ins
from keras_sounddream.types import Array

LEGACY_MAGIC = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
_BFLOAT16 = "bfloat16"
_KINDS = {  # torch's name: NumPy's, without the byte order
    "torch.DoubleStorage": "f8",
    "torch.FloatStorage": "f4",
    "torch.HalfStorage": "f2",
    "torch.BFloat16Storage": _BFLOAT16,
    "torch.LongStorage": "i8",
    "torch.IntStorage": "i4",
    "torch.ShortStorage": "i2",
    "torch.CharStorage": "i1",
    "torch.ByteStorage": "u1",
    "torch.BoolStorage": "b1",
    "torch.storage.UntypedStorage": "u1",
    "torch.uint16": "u2",
    "torch.uint32": "u4",
    "torch.uint64": "u8",
}
_STATES = ("state_dict", "model_state_dict", "model")  # in checkpoints, beside an optimizer's
_PARALLEL = "module."  # prefix that DataParallel adds to every name


@dataclasses.dataclass(frozen=True)
class _Storage:
    key: str
    kind: str
    start: int  # numbers
    end: int


@dataclasses.dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int  # numbers, as the strides
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read(path: pathlib.Path) -> dict[str, Array]:
    """Arrays of a saved `state_dict`, or of a checkpoint that holds one; bfloat16 as float32.

    The prefix `module.`, which DataParallel adds to every key, is removed.
    """
    data = path.read_bytes()
    tree, storages = (
        _read_zip(zip_archive.read(path)) if data.startswith(b"PK") else _read_legacy(data)
    )
    if isinstance(tree, dict):
        tree = next((tree[key] for key in _STATES if isinstance(tree.get(key), dict)), tree)

    def resolve(node):
        if not isinstance(node, _Tensor):
            return resolve_array(node)
        return strided(storages.numbers(node.storage), node.offset, node.shape, node.strides)

    arrays = flatten(tree, ".", resolve)
    if all(name.startswith(_PARALLEL) for name in arrays):
        arrays = {name.removeprefix(_PARALLEL): array for name, array in arrays.items()}
    return arrays


class _Storages:
    """Decodes storages on demand: `raw` is key → bytes, `order` that of bytes, `"<"` or `">"`."""

    def __init__(self, raw: dict[str, bytes | memoryview], order: str):
        self._raw = raw
        self._order = order
        self._numbers: dict[tuple[str, str], Array] = {}

    def numbers(self, storage: _Storage) -> Array:
        """Array `(numbers,)` of a `_Storage`."""
        if storage.key not in self._raw:
            raise ReadingError(f"it lacks the numbers {ascii(storage.key)[:20]}. Fetch it again")
        key = storage.key, storage.kind
        if key not in self._numbers:
            self._numbers[key] = _decoded(self._raw[storage.key], storage.kind, self._order)
        numbers = self._numbers[key]
        if not 0 <= storage.start <= storage.end <= numbers.size:
            raise ReadingError(
                f"a tensor needs {storage.end} numbers, where there are {numbers.size}. "
                "Fetch or save it again"
            )
        return numbers[storage.start : storage.end]


def _decoded(raw, kind, order):
    items = raw[: len(raw) // _item_size(kind) * _item_size(kind)]
    if kind == "b1":
        return np.frombuffer(items, "u1") != 0
    if kind != _BFLOAT16:
        return np.frombuffer(items, order + kind).astype(kind, copy=False)
    bits = np.frombuffer(items, f"{order}u2").astype("u4") << 16  # the upper half of a float32
    return bits.view("f4")


def _item_size(kind):
    return 2 if kind == _BFLOAT16 else int(kind[1])


def _read_zip(members):
    names = [name for name in members if f"/{name}".endswith("/data.pkl")]
    if len(names) != 1:
        raise ReadingError(f"its archive has {len(names)} trees, data.pkl, and not one")
    prefix = names[0].removesuffix("data.pkl")
    order = ">" if members.get(f"{prefix}byteorder") == b"big" else "<"
    tree = load(Cursor(members[names[0]]), _TENSORS, lambda identifier: _identified(*identifier))
    folder = f"{prefix}data/"
    raw = {n.removeprefix(folder): data for n, data in members.items() if n.startswith(folder)}
    return tree, _Storages(raw, order)


def _read_legacy(data):
    cursor = Cursor(data)
    for _ in ("magic number", "version", "system"):
        load(cursor, {})
    sizes = {}

    def identify(identifier):
        storage = _identified(*identifier)
        sizes.setdefault(storage.key, _item_size(storage.kind))
        return storage

    tree = load(cursor, _TENSORS, identify)
    raw, keys = {}, load(cursor, {})
    if not isinstance(keys, list) or not all(isinstance(key, str) and key in sizes for key in keys):
        raise ReadingError("its list of numbers names others than its tensors. Fetch it again")
    for key in keys:
        raw[key] = cursor.take(cursor.number("<q") * sizes[key])
    return tree, _Storages(raw, "<")


def _identified(word, kind, key, device, size, view=None):
    """The `_Storage` that a persistent identifier names; `view`, in old files, is a part of it."""
    if word != "storage" or not isinstance(key, str) or not isinstance(kind, Global):
        raise TypeError
    start, size = (0, size) if view is None else view[1:]
    if not isinstance(start, int) or not isinstance(size, int):
        raise TypeError
    return _Storage(key, _KINDS[kind.name], start, start + size)


def _rebuild(storage, offset, shape, strides, gradient=False, hooks=None, metadata=None):
    if not isinstance(storage, _Storage) or metadata:
        raise TypeError
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def _rebuild_of_kind(storage, offset, shape, strides, gradient, hooks, kind, metadata=None):
    size = (storage.end - storage.start) // _item_size(_KINDS[kind.name])
    storage = dataclasses.replace(storage, kind=_KINDS[kind.name], end=storage.start + size)
    return _rebuild(storage, offset, shape, strides, gradient, hooks, metadata)


def _parameter(tensor, *_):
    if not isinstance(tensor, _Tensor):
        raise TypeError
    return tensor


_TENSORS = ARRAYS | stand_ins(
    {
        **dict.fromkeys(_KINDS),
        "torch._utils._rebuild_tensor": _rebuild,
        "torch._utils._rebuild_tensor_v2": _rebuild,
        "torch._utils._rebuild_tensor_v3": _rebuild_of_kind,
        "torch._utils._rebuild_parameter": _parameter,
        "torch._utils._rebuild_parameter_with_state": _parameter,
        "torch.Size": tuple,
    }
)
