"""Shape helpers beside NumPy, for lengths that a graph knows and for those that it does not."""

import numpy as np
import pytest
import tensorflow as tf
from runtimes import loose

from keras_sounddream.export.portable.gradients.shape_helpers import (
    UnfitError,
    Windows,
    cut,
    extend,
    flat,
    padding_before,
    reshape_like,
    sizes,
    spread,
    sum_to_shape,
    window,
)

X = np.arange(1, 25, dtype="float32").reshape(2, 4, 3)


def both(function, *arrays):
    """What a function gives for known and for unknown lengths."""
    traced = tf.function(function, autograph=False)
    yield traced.get_concrete_function(*map(tf.constant, arrays))(*map(tf.constant, arrays))
    unknown = tf.function(function, autograph=False, input_signature=[loose(x) for x in arrays])
    yield unknown(*arrays)


TABLE = {
    "cut": (lambda x: cut(x, 1, 1, 2), X[:, 1:3]),
    "cut, all": (lambda x: cut(x, 1, 0, 4), X),
    "cut, a tensor's start": (lambda x: cut(x, 2, tf.constant(1), 1), X[:, :, 1:2]),
    "extend": (lambda x: extend(x, 2, 1, 2), np.pad(X, ((0, 0), (0, 0), (1, 2)))),
    "extend by nothing": (lambda x: extend(x, 0, 0, 0), X),
    "extend by sevens": (
        lambda x: extend(x, 1, 2, 0, 7.0),
        np.pad(X, ((0, 0), (2, 0), (0, 0)), constant_values=7),
    ),
    "window within": (lambda x: window(x, 1, 1, 2, 3), X[:, 1:3]),
    "window before": (
        lambda x: window(x, 1, -2, 4, 3),
        np.pad(X[:, :2], ((0, 0), (2, 0), (0, 0))),
    ),
    "window behind": (
        lambda x: window(x, 1, 3, 3, 3, -1.0),
        np.pad(X[:, 3:], ((0, 0), (0, 2), (0, 0)), constant_values=-1),
    ),
    "window on both sides": (
        lambda x: window(x, 1, -1, 6, 3),
        np.pad(X, ((0, 0), (1, 1), (0, 0))),
    ),
    "spread": (lambda x: spread(x, 1, 2)[:, ::2], X),
    "spread, between": (lambda x: spread(x, 2, 3)[..., 1::3], 0 * X),
    "spread by one": (lambda x: spread(x, 1, 1), X),
    "flat, first": (lambda x: flat(x, 0), X.reshape(1, 2, 12)),
    "flat, middle": (lambda x: flat(x, 1), X),
    "flat, last": (lambda x: flat(x, 2), X.reshape(8, 3, 1)),
    "reshape_like": (lambda x: reshape_like(tf.reshape(x, [-1]), x), X),
}


@pytest.mark.parametrize("name", TABLE)
def test_as_numpy(name):
    function, expected = TABLE[name]
    for found in both(function, X):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", [(2, 4, 3), (1, 4, 3), (2, 1, 3), (1, 1, 1), (4, 3), (3,), (1,)])
def test_a_broadcast_gradient_is_summed_to_its_operand(shape, rng):
    x, g = np.zeros(shape, "float32"), rng.normal(size=(2, 4, 3)).astype("float32")
    axes = tuple(range(3 - len(shape)))
    summed = g.sum(axes) if axes else g
    wide = tuple(i for i, n in enumerate(shape) if n == 1)
    expected = summed.sum(wide, keepdims=True) if wide else summed
    for found in both(lambda g, x: sum_to_shape(g, x, tf.TensorShape((2, 4, 3))), g, x):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("length", [1, 4, 7, 10])
@pytest.mark.parametrize("width", [1, 2, 3, 5])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_padding_is_that_of_tensorflow(length, width, step):
    """A window of ones over ones sums to the elements that are no padding."""
    ones = tf.ones((1, length, 1))
    found = tf.nn.conv1d(ones, tf.ones((width, 1, 1)), step, "SAME")[0, 0, 0]
    before = padding_before(length, width, step, b"SAME")
    assert min(width - before, length) == int(found)
    assert int(padding_before(tf.constant(length), width, step, b"SAME")) == before
    assert padding_before(length, width, step, b"VALID") == 0


def test_another_padding_is_refused():
    with pytest.raises(UnfitError, match="its padding is EXPLICIT"):
        padding_before(4, 3, 1, b"EXPLICIT")


CASES = [(width, step, pad) for width, step in ((2, 2), (3, 2), (3, 1), (2, 3)) for pad in (0, 1)]


@pytest.mark.parametrize(("width", "step", "is_same"), CASES)
def test_windows_hold_what_slides_through_them(width, step, is_same, rng):
    x = rng.normal(size=(2, 9, 3)).astype("float32")
    padding = b"SAME" if is_same else b"VALID"
    count = -(-9 // step) if is_same else (9 - width) // step + 1
    windows = Windows([2, 9, 3], count, 1, width, step, padding)
    before = padding_before(9, width, step, padding)
    padded = np.pad(x, ((0, 0), (before, width + step), (0, 0)))
    starts = np.arange(count) * step
    elements = list(windows.elements(tf.constant(x), 0.0))
    assert len(elements) == width
    for i, element in enumerate(elements):
        np.testing.assert_array_equal(element, padded[:, starts + i])
    held = np.pad(np.ones(9), (before, width + step))
    expected = [held[start : start + width].sum() for start in starts]
    np.testing.assert_array_equal(windows.counts(), expected)


@pytest.mark.parametrize(("width", "step", "is_same"), CASES)
def test_summing_windows_is_the_transpose_of_their_elements(width, step, is_same, rng):
    """Two inner products agree: <elements(x), y> = <x, sum_windows(y)>."""
    x = rng.normal(size=(2, 9, 3)).astype("float32")
    count = -(-9 // step) if is_same else (9 - width) // step + 1
    windows = Windows([2, 9, 3], count, 1, width, step, b"SAME" if is_same else b"VALID")
    y = rng.normal(size=(width, 2, count, 3)).astype("float32")
    left = sum(
        float(np.sum(element * part))
        for element, part in zip(windows.elements(tf.constant(x), 0.0), y, strict=True)
    )
    back = windows.sum_windows(lambda i, n: tf.concat([*y[i : i + n]], 2), 3)
    assert back.shape == x.shape
    assert left == pytest.approx(float(np.sum(x * back)), rel=1e-3, abs=1e-3)


def test_lengths_are_numbers_where_they_are_known():
    seen = []

    @tf.function(autograph=False, input_signature=[tf.TensorSpec((None, 4))])
    def function(x):
        seen.extend(sizes(x))
        return tf.stack(seen)

    assert function(np.ones((3, 4), "float32")).numpy().tolist() == [3, 4]
    assert tf.is_tensor(seen[0])
    assert seen[1] == 4


def test_without_a_rank_there_are_no_lengths():
    @tf.function(autograph=False, input_signature=[tf.TensorSpec(None)])
    def function(x):
        return sizes(x)[0]

    with pytest.raises(UnfitError, match="its rank is not known"):
        function(np.ones(3, "float32"))
