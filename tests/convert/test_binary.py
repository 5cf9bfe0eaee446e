"""Bytes, sizes and views that all readers share: each bad case is one clause."""

import struct

import numpy as np
import pytest

from keras_sounddream.convert.binary import Cursor, ReadingError, check_shape, flatten, strided


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("<B", 200),
        ("<H", 60_000),
        ("<i", -5),
        ("<I", 2**32 - 1),
        ("<q", -(2**40)),
        ("<d", 0.1),
        (">d", -0.1),
    ],
)
def test_numbers_are_those_of_struct(kind, value):
    data = struct.pack(kind, value)
    cursor = Cursor(data + b"rest")
    assert cursor.number(kind) == value
    assert cursor.position == len(data)
    for length in range(len(data)):
        with pytest.raises(ReadingError, match=f"ends too soon .{len(data)} bytes needed at 0"):
            Cursor(data[:length]).number(kind)


@pytest.mark.parametrize("size", [0, 1, 4])
def test_bytes_are_taken_without_a_copy(size):
    data = bytes(range(4))
    cursor = Cursor(data)
    taken = cursor.take(size)
    assert taken.obj is data
    assert (bytes(taken), cursor.position, cursor.size) == (data[:size], size, 4)


@pytest.mark.parametrize("size", [-1, -(2**63), 5, 2**63])
def test_no_bytes_are_taken_that_are_not_there(size):
    cursor = Cursor(b"1234")
    with pytest.raises(ReadingError, match="ends too soon"):
        cursor.take(size)
    assert cursor.position == 0


@pytest.mark.parametrize("shape", [(), (0,), (1, 2, 3), (1,) * 32, (2**40,), (2**20, 2**20)])
def test_possible_shapes_are_allowed(shape):
    check_shape(shape)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((-1,), "the shape of a tensor is invalid"),
        ((1.0,), "the shape of a tensor is invalid"),
        (("1",), "the shape of a tensor is invalid"),
        ((True,), "the shape of a tensor is invalid"),
        ((None,), "the shape of a tensor is invalid"),
        ((1,) * 33, "the shape of a tensor is invalid"),
        ((2**48,), "the shape of a tensor is invalid"),
        ((2**24, 2**24), r"a tensor of shape \(16777216, 16777216\) is too large"),
        ((0, 2**24, 2**24), "is too large"),
    ],
)
def test_impossible_shapes_are_refused(shape, message):
    with pytest.raises(ReadingError, match=message):
        check_shape(shape)


@pytest.mark.parametrize(
    ("offset", "shape", "strides", "message"),
    [
        (0, (7,), (1,), "does not fit its 6 numbers"),
        (1, (6,), (1,), "does not fit its 6 numbers"),
        (0, (2, 3), (4, 1), "does not fit its 6 numbers"),
        (-1, (2,), (1,), "does not fit its 6 numbers"),
        (5, (2,), (-1,), "does not fit its 6 numbers"),
        (0, (7,), (0,), "does not fit its 6 numbers"),
        (0, (2,), (1, 1), "the strides of a tensor are invalid"),
        (0, (2,), (1.0,), "the strides of a tensor are invalid"),
        (0.0, (2,), (1,), "the strides of a tensor are invalid"),
        (None, (2,), (1,), "the strides of a tensor are invalid"),
        (0, (2,), ("1",), "the strides of a tensor are invalid"),
    ],
)
def test_views_beyond_the_numbers_are_refused(offset, shape, strides, message):
    with pytest.raises(ReadingError, match=message):
        strided(np.arange(6.0), offset, shape, strides)


@pytest.mark.parametrize(
    ("offset", "shape", "strides", "wanted"),
    [
        (0, (6,), (1,), [0, 1, 2, 3, 4, 5]),
        (1, (2,), (3,), [1, 4]),
        (0, (2, 3), (3, 1), [[0, 1, 2], [3, 4, 5]]),
        (0, (3, 2), (1, 3), [[0, 3], [1, 4], [2, 5]]),
        (5, (), (), 5),
        (0, (3,), (0,), [0, 0, 0]),
        (9, (0,), (1,), []),
    ],
)
def test_views_are_those_asked_for(offset, shape, strides, wanted):
    np.testing.assert_array_equal(strided(np.arange(6.0), offset, shape, strides), wanted)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({}, "it holds no tensors"),
        ([1, "word", None, {"a": ()}], "it holds no tensors"),
        ({"a": {"b": np.ones(1)}, "a/b": np.ones(1)}, "two of its tensors are named 'a/b'"),
        ({1: np.ones(1), "1": np.ones(1)}, "two of its tensors are named '1'"),
    ],
)
def test_names_that_are_missing_or_come_twice_are_refused(tree, message):
    with pytest.raises(ReadingError, match=message):
        flatten(tree, "/")


@pytest.mark.parametrize(("depth", "fits"), [(1, True), (100, True), (101, True), (103, False)])
def test_a_tree_is_as_deep_as_allowed(depth, fits):
    tree = np.ones(1)
    for _ in range(depth):
        tree = [tree]
    if fits:
        assert list(flatten(tree, ".")) == [".".join("0" * depth)]
    else:
        with pytest.raises(ReadingError, match="nested deeper than 100"):
            flatten(tree, ".")


def test_a_tree_that_holds_itself_is_walked_once():
    tree = {"a": np.ones(1)}
    tree["again"] = tree
    tree["list"] = [tree, tree]
    assert list(flatten(tree, "/")) == ["a"]
