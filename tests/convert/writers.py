"""Writes weights as other systems do, by the definitions of their formats."""

import dataclasses
import pickle
import struct
import zipfile

import h5py
import numpy as np

TORCH = {
    "float64": "Double",
    "float32": "Float",
    "float16": "Half",
    "uint16": "BFloat16",  # the upper halves of float32s
    "int64": "Long",
    "int32": "Int",
    "int16": "Short",
    "int8": "Char",
    "uint8": "Byte",
    "bool": "Bool",
}


@dataclasses.dataclass
class Raw:
    """Instructions of a pickle as they are."""

    code: bytes


def name(module, function):
    """What names a function in a pickle."""
    return Raw(f"c{module}\n{function}\n".encode())


def call(module, function, *arguments):
    """What calls a function in a pickle."""
    return Raw(name(module, function).code + pickled(arguments) + b"R")


def pickled(value):
    """A value in instructions of protocol 2, without its beginning and its end."""
    if isinstance(value, Raw):
        return value.code
    if isinstance(value, str):
        return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, bytes):  # as Python 2 writes a str
        return b"T" + struct.pack("<i", len(value)) + value
    if isinstance(value, tuple):
        return b"(" + b"".join(map(pickled, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(pickled, value)) + b"e"
    return b"}(" + b"".join(pickled(k) + pickled(v) for k, v in value.items()) + b"u"


def whole(value):
    """A pickle of protocol 2."""
    return b"\x80\x02" + pickled(value) + b"."


def contiguous(shape):
    """Strides of a tensor without gaps, its last axis the closest."""
    return tuple(int(np.prod(shape[i + 1 :])) for i in range(len(shape)))


def tensor(key, kind, size, shape, strides=None, offset=0, view=()):
    """A torch tensor on `size` numbers of a storage."""
    strides = contiguous(shape) if strides is None else strides
    storage = ("storage", name("torch", f"{kind}Storage"), key, "cpu", size, *view)
    hooks = call("collections", "OrderedDict")
    arguments = (Raw(pickled(storage) + b"Q"), offset, tuple(shape), strides, False, hooks)
    return call("torch._utils", "_rebuild_tensor_v2", *arguments)


def tensors(arrays):
    """A `state_dict` of torch, one storage an array."""
    return {
        key: tensor(str(i), TORCH[array.dtype.name], array.size, array.shape)
        for i, (key, array) in enumerate(arrays.items())
    }


def write_pth(path, arrays, tree=None, folder="archive", order="little"):
    """torch.save's zip archive; `tree` stands in for the `state_dict`."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{folder}/data.pkl", whole(tree or tensors(arrays)))
        archive.writestr(f"{folder}/byteorder", order)
        for i, array in enumerate(arrays.values()):
            archive.writestr(f"{folder}/data/{i}", array.tobytes())
        archive.writestr(f"{folder}/version", "3\n")


def write_legacy_pth(path, arrays, tree=None):
    """torch.save's form before the archives: five pickles, then the numbers."""
    parts = [
        whole(Raw(b"\x8a\n" + (0x1950A86A20F9469CFC6C).to_bytes(10, "little"))),
        whole(1001),
        whole({"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}),
        whole(tree or tensors(arrays)),
        whole([str(i) for i in range(len(arrays))]),
    ]
    parts += [struct.pack("<q", array.size) + array.tobytes() for array in arrays.values()]
    path.write_bytes(b"".join(parts))


def nested(arrays):
    """Dictionaries of dictionaries, for names with `/`."""
    tree = {}
    for path, array in arrays.items():
        *folders, leaf = path.split("/")
        node = tree
        for folder in folders:
            node = node.setdefault(folder, {})
        node[leaf] = array
    return tree


@dataclasses.dataclass
class Strided:
    """A tensor on a storage, which others may be on, too."""

    storage: np.ndarray
    shape: tuple
    strides: tuple
    offset: int = 0


@dataclasses.dataclass
class Function:
    """A Lua function; of kind 6 those of old, which have no number."""

    kind: int
    closes_over: object


@dataclasses.dataclass
class Instance:
    """An object of a Torch7 class."""

    kind: str
    fields: dict


class Torch7:
    """Writes values as Torch7's `File:writeObject` does in binary."""

    def __init__(self, long="<q", version=True, kinds=TORCH):
        self.parts, self.seen = [], {}
        self.long, self.version, self.kinds = long, version, kinds

    def pack(self, kind, *values):
        self.parts += [struct.pack(kind, value) for value in values]

    def string(self, text):
        self.pack("<i", len(text))
        self.parts.append(text.encode("latin-1"))

    def number(self, value):
        """The number of an object, and whether it was written before."""
        old = id(value) in self.seen
        index, _ = self.seen.setdefault(id(value), (len(self.seen) + 1, value))
        self.pack("<i", index)
        return old

    def begin(self, kind):
        if self.version:
            self.string("V 1")
        self.string(kind)

    def write(self, value):
        if value is None or isinstance(value, (bool, float, str)):
            self.plain(value)
        elif isinstance(value, dict):
            self.pack("<i", 3)
            if not self.number(value):
                self.pack("<i", len(value))
                for key, content in value.items():
                    self.write(float(key) if str(key).isdigit() else key)
                    self.write(content)
        elif isinstance(value, Function):
            self.pack("<i", value.kind)
            if value.kind == 6 or not self.number(value):
                self.string("\x1bLua os.execute")
                self.write(value.closes_over)
        else:
            self.pack("<i", 4)
            if not self.number(value):
                self.instance(value)

    def plain(self, value):
        if value is None:
            self.pack("<i", 0)
        elif isinstance(value, bool):
            self.pack("<i", 5, value)
        elif isinstance(value, float):
            self.pack("<i", 1)
            self.pack("<d", value)
        else:
            self.pack("<i", 2)
            self.string(value)

    def instance(self, value):
        if isinstance(value, Instance):
            self.begin(value.kind)
            self.write(value.fields)
            return
        if isinstance(value, np.ndarray):
            value = Strided(np.ravel(value), value.shape, contiguous(value.shape))
        kind = self.kinds[value.storage.dtype.name]
        self.begin(f"torch.{kind}Tensor")
        self.pack("<i", len(value.shape))
        self.pack(self.long, *value.shape, *value.strides, value.offset + 1)
        if not value.storage.size:
            self.write(None)
            return
        self.pack("<i", 4)
        if not self.number(value.storage):
            self.begin(f"torch.{kind}Storage")
            self.pack(self.long, value.storage.size)
            self.parts.append(value.storage.tobytes())


def write_t7(path, arrays, tree=None, **options):
    """Torch7's binary file."""
    writer = Torch7(**options)
    writer.write(nested(arrays) if tree is None else tree)
    path.write_bytes(b"".join(writer.parts))


def write_npy(path, arrays, protocol=None):
    """A pickled dictionary, as `np.save` writes it, or by another protocol of pickle."""
    boxed = np.array(nested(arrays), dtype=object)
    with path.open("wb") as file:
        if protocol is None:
            np.save(file, boxed, allow_pickle=True)
        else:
            np.lib.format.write_array_header_1_0(
                file, {"descr": "|O", "fortran_order": False, "shape": ()}
            )
            pickle.dump(boxed, file, protocol)


def write_h5(path, arrays):
    """HDF5, a group a folder."""
    with h5py.File(path, "w") as file:
        for key, array in arrays.items():
            file[key] = array


def write_checkpoint(path, arrays):
    """A TensorFlow checkpoint; `path` is that of its index."""
    import tensorflow as tf

    tf.raw_ops.SaveV2(
        prefix=str(path.with_suffix("")),
        tensor_names=list(arrays),
        shape_and_slices=[""] * len(arrays),
        tensors=list(arrays.values()),
    )


def write_npz(path, arrays):
    """NumPy's archive."""
    np.savez(path, **arrays)


WRITERS = {
    "weights.npz": write_npz,
    "weights.pth": write_pth,
    "legacy.pth": write_legacy_pth,
    "weights.t7": write_t7,
    "weights.npy": write_npy,
    "weights.h5": write_h5,
    "weights.index": write_checkpoint,
}
PICKLES = ("weights.pth", "legacy.pth", "weights.npy")
