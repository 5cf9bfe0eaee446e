"""The small unpickler against Python's own, and the views against NumPy's."""

import pickle
from collections import OrderedDict

import numpy as np
import pytest

from keras_sounddream.convert import zip_archive
from keras_sounddream.convert.binary import Cursor, ReadingError, check_size, flatten, strided
from keras_sounddream.convert.pickle_machine import MARK, Machine, pairs_to_dict
from keras_sounddream.convert.pickle_operations import OPERATIONS
from keras_sounddream.convert.unpickle import ARRAYS, load, resolve_array

protocols = pytest.mark.parametrize("protocol", range(6))


def random_tree(rng, depth=3):
    """Nested plain values, among them every width of number and of word."""
    plain = [
        None,
        True,
        False,
        int(rng.integers(-300, 300)),
        int(rng.integers(-(2**62), 2**62)),
        2**31,
        70000,
        -(2**63),
        float(rng.normal()),
        float("inf"),
        "wörd\n'\"\\",
        "x" * 300,
        b"bytes\x00\xff",
        bytes(300),
        b"",
        (),
    ]
    if not depth:
        return plain[rng.integers(len(plain))]
    children = [random_tree(rng, depth - 1) for _ in range(rng.integers(5))]
    keys = [f"key{i}" if i % 2 else i * 1000 for i in range(len(children))]
    makers = [list, tuple, lambda c: dict(zip(keys, c, strict=True))]
    makers.append(lambda c: OrderedDict(zip(keys, c, strict=True)))
    return makers[rng.integers(4)]([*children])


@protocols
def test_plain_values_are_what_python_reads(protocol):
    rng = np.random.default_rng(0)
    for _ in range(200):
        tree = random_tree(rng)
        code = pickle.dumps(tree, protocol)
        assert load(Cursor(code), ARRAYS) == tree


@protocols
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2", "|b1", "|i1", "|u1", "<i2", ">u4", "<i8"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 4)])
def test_arrays_are_what_python_reads(protocol, dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    for order in "CF":
        code = pickle.dumps({"a": np.asarray(array, order=order)}, protocol)
        found = resolve_array(load(Cursor(code), ARRAYS)["a"])
        expected = pickle.loads(code)["a"]
        assert found.dtype == expected.dtype.newbyteorder("=")
        np.testing.assert_array_equal(found, expected)
        assert found.shape == shape


@protocols
def test_one_object_in_two_places_stays_one(protocol):
    shared = ["shared"]
    found = load(Cursor(pickle.dumps([shared, {"a": shared}], protocol)), {})
    assert found[0] is found[1]["a"]


def test_pickles_follow_each_other():
    cursor = Cursor(pickle.dumps(1) + pickle.dumps("two") + b"rest")
    assert [load(cursor, {}), load(cursor, {})] == [1, "two"]
    assert bytes(cursor.take(4)) == b"rest"


def test_strings_of_python_2_are_latin_1():
    for code in (b"S'caf\\xe9'\n.", b'S"caf\xe9"\n.', b"U\4caf\xe9.", b"T\4\0\0\0caf\xe9."):
        assert load(Cursor(code), {}) == "café"
    assert load(Cursor(b"Vcaf\\u00e9\n."), {}) == "café"
    assert load(Cursor(b"(I01\nI00\nL5L\nF0.5\nt."), {}) == (True, False, 5, 0.5)


def test_no_instruction_imports_or_makes_instances():
    import pickletools

    names = {code.code: code.name for code in pickletools.opcodes}
    known = {names[code.decode("latin-1")] for code in OPERATIONS}
    dangerous = {"INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID"}
    assert not known & (dangerous | {"NEXT_BUFFER", "READONLY_BUFFER"})
    assert set(names.values()) - known - dangerous == {
        "STOP", "NEXT_BUFFER", "READONLY_BUFFER", "EMPTY_SET", "ADDITEMS", "FROZENSET",
    }  # fmt: skip


def test_a_machine_gives_no_mark_away():
    machine = Machine(Cursor(b""), {}, None)
    machine.stack = [1, MARK, 2, 3]
    assert machine.pop_to_mark() == [2, 3]
    machine.stack.append(MARK)
    with pytest.raises(TypeError):
        machine.pop()


@pytest.mark.parametrize("key", [1.5, b"a", (1,), None, 2**64, -(2**63) - 1])
def test_keys_are_words_and_numbers_of_64_bits(key):
    assert pairs_to_dict([("a", 1), (2**64 - 1, 2)]) == {"a": 1, 2**64 - 1: 2}
    with pytest.raises(TypeError):
        pairs_to_dict([(key, 1)])


def test_strided_views_are_numpys():
    rng = np.random.default_rng(0)
    numbers = np.arange(120.0)
    cube = numbers.reshape(4, 5, 6)
    for _ in range(100):
        slices = tuple(
            slice(int(rng.integers(size)), None, int(rng.integers(1, 4))) for size in cube.shape
        )
        expected = cube[slices].transpose(rng.permutation(3))
        offset = int(expected.flat[0])
        steps = [step // 8 for step in expected.strides]
        found = strided(numbers, offset, expected.shape, steps)
        np.testing.assert_array_equal(found, expected)
        assert np.shares_memory(found, numbers)
        assert not found.flags.writeable


def test_names_are_ways_through_the_tree():
    array = np.ones(1)
    tree = {"a": {"b": array, 1: [None, array]}, "c": "word", "d": (3, {"e": array})}
    assert list(flatten(tree, "/")) == ["a/b", "a/1/1", "d/1/e"]
    assert list(flatten(array, "/")) == ["array"]
    with pytest.raises(ReadingError, match="no tensors"):
        flatten({"a": 1}, "/")


def test_a_cursor_never_leaves_its_bytes():
    cursor = Cursor(b"ab\ncd")
    assert (cursor.line(), cursor.position) == (b"ab", 3)
    for read in (lambda: cursor.take(3), lambda: cursor.take(-1), cursor.line):
        with pytest.raises(ReadingError, match="ends too soon"):
            read()
    assert bytes(cursor.take(2)) == b"cd"


def test_small_files_may_unpack_to_64_mb_and_large_ones_to_20_times_their_size(tmp_path):
    path = tmp_path / "w"
    path.write_bytes(bytes(10))
    check_size(64 << 20, path)
    with pytest.raises(ReadingError, match="would unpack to"):
        check_size((64 << 20) + 1, path)
    path.write_bytes(bytes(4 << 20))
    check_size(80 << 20, path)


def test_an_encrypted_archive_is_refused(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.ones(2))
    data = bytearray((tmp_path / "w.npz").read_bytes())
    data[6] |= 1  # in the member's own header
    data[data.index(b"PK\1\2") + 8] |= 1  # and in the directory
    (tmp_path / "w.npz").write_bytes(data)
    with pytest.raises(ReadingError, match="broken or cut off"):
        zip_archive.read(tmp_path / "w.npz")
