"""Files made to do harm: they run nothing, reach for no other file, and do not fill the memory."""

import os
import pickle
import struct
import zipfile

import h5py
import numpy as np
import pytest
from convert import writers
from convert.writers import PICKLES, Instance, Raw, Strided, call, name, tensor, whole

from keras_sounddream.convert import read_arrays
from keras_sounddream.errors import InputError


class Attack:
    """Makes `folder/run` when Python's own unpickler reads it."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (f"{self.folder}/run",)


def write_bare(path, code):
    path.write_bytes(code)


def write_in_pth(path, code):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", code)


def write_in_legacy_pth(path, code):
    writers.write_legacy_pth(path, {})
    data = path.read_bytes()
    first = data.index(b".") + 1  # behind the magic number
    path.write_bytes(data[:first] + code * 4)


def write_in_npy(path, code):
    with path.open("wb") as file:
        header = {"descr": "|O", "fortran_order": False, "shape": ()}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(code)


def write_in_npz(path, code):
    write_in_npy(path.with_suffix(".member"), code)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(path.with_suffix(".member"), "weights.npy")


def refused(path, message="Cannot read the weights|Expected weights"):
    with pytest.raises(InputError, match=message) as raised:
        read_arrays(path)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 600


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("file", "write"),
    [
        ("bare.pth", write_bare),
        ("bare.npy", write_bare),
        ("bare.t7", write_bare),
        ("bare.npz", write_bare),
        ("zip.pth", write_in_pth),
        ("legacy.pth", write_in_legacy_pth),
        ("boxed.npy", write_in_npy),
        ("boxed.npz", write_in_npz),
    ],
)
def test_a_hostile_pickle_runs_nothing(file, write, protocol, tmp_path):
    for tree in (Attack(tmp_path), {"a": [{"b": Attack(tmp_path)}]}, np.array([Attack(tmp_path)])):
        write(tmp_path / file, pickle.dumps(tree, protocol))
        refused(tmp_path / file)
        assert not (tmp_path / "run").exists()
    pickle.loads(pickle.dumps(Attack(tmp_path), protocol))
    assert (tmp_path / "run").exists()  # so the attack is one


NAMES = ["os system", "posix system", "builtins eval", "builtins getattr", "numpy load"]
NAMES += ["torch load", "torch.nn.modules.linear Linear", "numpy.core.multiarray fromfile"]


@pytest.mark.parametrize("file", PICKLES)
@pytest.mark.parametrize("function", NAMES)
def test_what_is_no_array_is_named(file, function, tmp_path):
    module, function = function.split()
    write = {"weights.pth": write_in_pth, "legacy.pth": write_in_legacy_pth}.get(file, write_in_npy)
    by_stack = writers.pickled(module) + writers.pickled(function) + b"\x93"
    for code in (name(module, function).code, by_stack):
        write(tmp_path / file, b"\x80\x04" + code + writers.pickled(("x",)) + b"R.")
        refused(tmp_path / file, f"its pickle names '{module}.{function}', which is no array")


NDARRAY = name("numpy", "ndarray")
ARRAY = call("numpy.core.multiarray", "_reconstruct", NDARRAY, (0,), b"b").code
FLOAT32 = call("numpy", "dtype", "f4", 0, 1)
OBJECT = call("numpy", "dtype", "O8", 0, 1)
BYTES = b"C\x04\0\0\0\0"


def built(state):
    return ARRAY + writers.pickled(state) + b"b"


TRICKS = {
    "an instance": b"(ios\nsystem\n",
    "an object": b"(cos\nsystem\nX\1\0\0\0xo",
    "a class made anew": b"cnumpy\nndarray\n)\x81",
    "with keywords": b"cnumpy\nndarray\n)}\x92",
    "an extension": b"\x82\1",
    "a persistent name": b"P0\n",
    "a buffer of elsewhere": b"\x97",
    "a set": b"\x8f",
    "a class that is called": b"cnumpy\nndarray\n((K\2ttR",
    "a class that is filled": b"cnumpy\nndarray\n}b",
    "a function that is filled": b"c_codecs\nencode\n}b",
    "a stand-in that is filled": b"ccollections\nOrderedDict\n}X\4\0\0\0makeX\4\0\0\0evilsb",
    "a stand-in that is filled by slots": b"ccollections\nOrderedDict\nN}X\4\0\0\0makeNs\x86b",
    "a key that takes forever to hash": b"}K\1" + b"q\0h\0\x86" * 60 + b"Ns",
    "keys that collide": b"("
    + b"".join(
        b"\x8a\x20" + ((2**61 - 1) * k).to_bytes(32, "little") + b"N" for k in range(1, 60_001)
    )
    + b"d",
    "bytes of gigabytes": b"\x8e" + (3 << 30).to_bytes(8, "little") + b"x",
    "a word of gigabytes": b"\x8d" + (3 << 30).to_bytes(8, "little") + b"x",
    "a word that is called": writers.pickled("os.system") + b")R",
    "another class for an array": call("numpy.core.multiarray", "_reconstruct", "list", 0).code,
    "another code": call("_codecs", "encode", "x", "rot13").code,
    "too many arguments": call("_codecs", "encode", "x", "latin1", 1, 2, 3).code,
    "an array of objects": built((1, (2,), OBJECT, False, [None, None])),
    "a box of objects": built((1, (), OBJECT, False, [1, 2])),
    "a box in a tree": b"]" + built((1, (), OBJECT, False, [1])) + b"a",
    "an array of no kind": built((1, (1,), "f4", False, Raw(BYTES))),
    "an array of words": built((1, (1,), call("numpy", "dtype", "U1", 0, 1), False, Raw(BYTES))),
    "an array never filled": b"]" + ARRAY + b"a",
    "a shape too large": built((1, (2**30, 2**30, 2**30), FLOAT32, False, Raw(BYTES))),
    "a negative shape": built((1, (-1, -1), FLOAT32, False, Raw(BYTES))),
    "a shape of lists": built((1, (2**30, [1]), FLOAT32, False, Raw(BYTES))),
    "too many axes": built((1, (1,) * 40, FLOAT32, False, Raw(BYTES))),
    "fewer bytes": built((1, (2,), FLOAT32, False, Raw(BYTES))),
    "a memo that is not there": b"h\7",
    "a key that is a list": b"}](K\1s",
    "a key that is a large number": b"}\x8a\x0d" + b"\1" * 13 + b"K\1s",
    "a number of megabytes": b"\x8b\0\0\x10\0" + b"\1" * (1 << 20),
    "a number of many digits": b"L" + b"9" * 5000 + b"L\n",
    "a word without end": b"S'words\n",
    "bytes that are not there": b"\x8e" + b"\xff" * 7 + b"\x7f",
    "an empty stack": b"0",
    "a mark alone": b"(",
    "a torch tensor out of place": tensor("0", "Float", 4, (2,)).code,
}


PIECES = [
    *(
        b"N",
        b"\x88",
        b"(",
        b")",
        b"]",
        b"}",
        b"\x85",
        b"\x86",
        b"\x87",
        b"t",
        b"l",
        b"d",
        b"a",
        b"e",
    ),
    *(b"s", b"u", b"0", b"1", b"2", b"R", b"R", b"R", b"b", b"b", b"Q", b"\x94", b"\x93", b"h\0"),
    *(b"h\1", b"q\0", b"q\1", b"K\0", b"K\2", b"J\xff\xff\xff\xff", b"X\1\0\0\x000", b"C\x04abcd"),
    *(ARRAY, FLOAT32.code, OBJECT.code, NDARRAY.code, built((1, (1,), FLOAT32, False, b"abcd"))),
    *(tensor("0", "Float", 4, (2, 2)).code, call("collections", "OrderedDict").code),
    *(name("torch._utils", f).code for f in ("_rebuild_tensor_v2", "_rebuild_parameter")),
    *(name("torch._utils", "_rebuild_tensor_v3").code, name("torch", "Size").code),
    *(name("torch", "FloatStorage").code, name("_codecs", "encode").code),
    *(name("numpy", "dtype").code, name("collections", "OrderedDict").code),
    *(name("numpy.core.multiarray", "scalar").code, name("numpy.core.numeric", "_frombuffer").code),
]


@pytest.mark.parametrize("write", [write_in_pth, write_in_npy, write_in_legacy_pth])
def test_random_programs_are_read_or_refused(write, tmp_path):
    rng = np.random.default_rng(0)
    for _ in range(300):
        chosen = rng.integers(len(PIECES), size=rng.integers(1, 30))
        program = b"".join(PIECES[i] for i in chosen)
        write(tmp_path / "w.pth", b"\x80\x02" + program + b".")
        try:
            assert read_arrays(tmp_path / "w.pth")
        except InputError as error:
            message = str(error)
            assert "\n" not in message


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("write", [write_in_pth, write_in_npy, write_in_legacy_pth, write_bare])
def test_tricks_are_refused(trick, write, tmp_path):
    write(tmp_path / "w.pth", b"\x80\x02" + TRICKS[trick] + b".")
    refused(tmp_path / "w.pth", "it|tensor|array")


def nest(opening, depth, closing):
    return b"\x80\x02" + opening * depth + closing * (depth - 1) + b"."


LAUGHS = b"\x80\x02]q\0K\1a" + b"".join(
    b"](" + 10 * (b"h" + bytes([i])) + b"eq" + bytes([i + 1]) for i in range(60)
)
WORD = b"\x80\x02]X\0\0\1\0" + b"x" * 65536 + b"q\0ctorch\nSize\nq\1"


@pytest.mark.parametrize(
    "code",
    [
        nest(b"]", 100_000, b"a"),
        b"\x80\x02" + 200 * b"}X\1\0\0\0k" + b"N" + 200 * b"s" + b".",
        b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".",
        b"\x80\x02]q\0h\0a.",  # holds itself
        LAUGHS + b".",
        b"\x80\x02" + b"]0" * 500_001 + b".",
        b"\x80\x02Nr\xff\xff\xff\xff.",  # a far place of the memo
        b"\x80\x02Nr\0\0\0\x10.",  # one that a list would reach with gigabytes
        WORD + b"h\1h\0\x85R0" * 5000 + b".",  # a word made many times
    ],
    ids=["lists", "dicts", "marks", "ring", "laughs", "long", "far", "nearer", "copies"],
)
@pytest.mark.parametrize("write", [write_in_pth, write_in_npy])
def test_bombs_of_pickle_are_refused(code, write, tmp_path):
    write(tmp_path / "w.pth", code)
    refused(tmp_path / "w.pth", "it holds no tensors|nested deeper|its pickle")


@pytest.mark.parametrize(
    ("size", "shape", "strides", "offset"),
    [
        (4, (5,), (1,), 0),
        (4, (2, 2), (4, 1), 0),
        (4, (2,), (1,), 3),
        (4, (2,), (1,), -1),
        (4, (2,), (-1,), 1),
        (4, (2, 3), (0, 1), 0),  # more numbers than there are
        (4, (1 << 30, 0, 1 << 30), (1, 1, 1), 0),
        (4, (2,), (1, 1), 0),
        (4, ("2",), (1,), 0),
        (9, (9,), (1,), 0),
        (-1, (1,), (1,), 0),
    ],
)
@pytest.mark.parametrize("write", [writers.write_pth, writers.write_legacy_pth])
def test_tensors_that_reach_past_their_numbers_are_refused(
    write, size, shape, strides, offset, tmp_path
):
    tree = {"a": tensor("0", "Float", size, shape, strides, offset)}
    write(tmp_path / "w.pth", {"0": np.arange(4, dtype="float32")}, tree)
    refused(tmp_path / "w.pth", "tensor")
    if all(isinstance(n, int) for n in shape) and size == 4:
        storage = np.arange(4, dtype="float32")
        writers.write_t7(tmp_path / "w.t7", {}, {"a": Strided(storage, shape, strides, offset)})
        refused(tmp_path / "w.t7")


@pytest.mark.parametrize(
    "tree",
    [
        Raw(writers.pickled(("module", name("torch", "FloatStorage"), "0", "cpu", 4)) + b"Q"),
        Raw(writers.pickled(("storage", "FloatStorage", "0", "cpu", 4)) + b"Q"),
        Raw(writers.pickled(("storage", name("torch", "FloatStorage"), 0, "cpu", 4)) + b"Q"),
        Raw(writers.pickled(("storage", name("torch", "FloatStorage"), "0", "cpu", "4")) + b"Q"),
        Raw(writers.pickled(("storage", NDARRAY, "0", "cpu", 4)) + b"Q"),
        Raw(writers.pickled(()) + b"Q"),
        call("torch._utils", "_rebuild_tensor_v2", "0", 0, (4,), (1,), False, None),
        call("torch._utils", "_rebuild_parameter", "0", False, None),
    ],
)
@pytest.mark.parametrize("write", [writers.write_pth, writers.write_legacy_pth])
def test_storages_and_tensors_of_other_things_are_refused(write, tree, tmp_path):
    write(tmp_path / "w.pth", {"0": np.ones(4, "float32")}, tree)
    refused(tmp_path / "w.pth", "its pickle is broken")


def test_numbers_that_no_tensor_is_of_are_refused(tmp_path):
    tree = {"a": tensor("elsewhere", "Float", 4, (4,))}
    writers.write_legacy_pth(tmp_path / "w.pth", {"0": np.ones(4, "float32")}, tree)
    refused(tmp_path / "w.pth", "its list of numbers names others")
    writers.write_legacy_pth(tmp_path / "w.pth", {})
    data = (tmp_path / "w.pth").read_bytes()
    for keys in (5, "0", [["0"]], {"0": 1}):
        (tmp_path / "w.pth").write_bytes(data[: data.rindex(b"\x80")] + whole(keys))
        refused(tmp_path / "w.pth", "its list of numbers names others")


def test_members_of_archives_stay_in_memory(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    arrays = {"../../escaped": np.ones(2, "float32")}
    writers.write_pth(folder / "w.pth", arrays, folder="../..")
    writers.write_npz(folder / "w.npz", arrays)
    for path in (folder / "w.pth", folder / "w.npz"):
        np.testing.assert_array_equal(read_arrays(path)["../../escaped"], [1, 1])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in", "w.npz", "w.pth"]


def test_storages_of_other_files_are_not_reached(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(16))
    tree = {"a": tensor("../../secret", "Float", 4, (4,))}
    writers.write_pth(tmp_path / "w.pth", {"0": np.ones(4, "float32")}, tree)
    refused(tmp_path / "w.pth", "lacks the numbers")


def test_zip_bombs_are_refused(tmp_path):
    path = tmp_path / "w.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(100 << 20))
    refused(path, "it would unpack to 104857600 bytes")
    data = path.read_bytes()
    for size in (1 << 20, 0, 2**32 - 1):  # lies about the size
        path.write_bytes(data.replace(struct.pack("<I", 100 << 20), struct.pack("<I", size)))
        refused(path)


def test_archives_with_other_packing_twins_or_two_trees_are_refused(tmp_path):
    path = tmp_path / "w.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("archive/data.pkl", whole({}))
    refused(path, "packed in a way that is not read")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", whole({}))
        archive.writestr("b/data.pkl", whole({}))
    refused(path, "2 trees")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", whole({}))
        archive.writestr("a/data/00", b"1")
        archive.writestr("a/data/11", b"2")
    path.write_bytes(path.read_bytes().replace(b"a/data/11", b"a/data/00"))
    refused(path, "two members")


def test_names_that_come_twice_are_refused(tmp_path):
    array = np.ones(2)
    tree = {"a/b": array, "a": {"b": array}}
    np.save(tmp_path / "w.npy", np.array(tree, dtype=object))
    refused(tmp_path / "w.npy", "two of its tensors are named 'a/b'")


def test_t7_that_is_deep_endless_or_of_other_things_is_refused(tmp_path):
    path = tmp_path / "w.t7"
    for depth in (200, 5000):
        path.write_bytes(b"".join(struct.pack("<iiiid", 3, i, 1, 1, 1.0) for i in range(depth)))
        refused(path, "nested deeper")
    path.write_bytes(struct.pack("<iii", 3, 1, 2**31 - 1))
    refused(path, "ends too soon")
    path.write_bytes(struct.pack("<iii", 3, 1, -1))
    refused(path, "a table of -1 entries")
    path.write_bytes(struct.pack("<iii", 3, 1, 2**31 - 1) + bytes(5_000_000))
    refused(path, "over 500000 values")
    for kind, message in (
        ("torch.ComplexTensor", "no tensor of numbers"),
        ("tds.Hash", "no table"),
    ):
        writers.write_t7(path, {}, Instance(kind, "words"))
        refused(path, message)


def test_h5_reaches_for_no_other_file_and_no_more_memory_than_it_has(tmp_path):
    path, other = tmp_path / "w.h5", tmp_path / "other.h5"
    writers.write_h5(other, {"secret": np.ones(4)})
    (tmp_path / "raw").write_bytes(bytes(32))

    def link(file):
        file["a"] = h5py.ExternalLink(str(other), "secret")

    def external(file):
        file.create_dataset("a", (4,), "f8", external=[(str(tmp_path / "raw"), 0, 32)])

    def virtual(file):
        layout = h5py.VirtualLayout((4,), "f8")
        layout[:] = h5py.VirtualSource(str(other), "secret", (4,))
        file.create_virtual_dataset("a", layout)

    def large(file):
        file.create_dataset("a", (1 << 40,), "f8", chunks=(1024,))

    def words(file):
        file["a"] = "words"

    messages = ("no tensors", "in another file", "in another file", "would unpack", "of object")
    for make, message in zip((link, external, virtual, large, words), messages, strict=True):
        with h5py.File(path, "w") as file:
            make(file)
        refused(path, message)


@pytest.mark.parametrize("dtype", ["U3", "S3", "c8", "M8[s]", "V4", "f4,i4"])
def test_npz_and_npy_of_other_things_than_numbers_are_refused(dtype, tmp_path):
    np.savez(tmp_path / "w.npz", a=np.zeros(2, dtype))
    np.save(tmp_path / "w.npy", np.zeros(2, dtype))
    for file in ("w.npz", "w.npy"):
        refused(tmp_path / file, "number")
