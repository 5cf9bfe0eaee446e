"""Random numbers in a graph: those of `generation.random_numbers`, bit for bit.

NumPy's `default_rng([seed, 0])` is a PCG64, seeded through a SeedSequence. Both are written here in
operations on unsigned integers. The states of a generator are `a ** n * state + c * increment`:
with the constants of every n, a whole piece of numbers is one product.
"""

from __future__ import annotations

import functools

import numpy as np
import tensorflow as tf

from keras_sounddream.types import Array, Tensor

_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645  # of PCG64
_WORD = 2**32 - 1  # a number of 128 bits is four words of 32, the lowest first
_MOST = 1 - 2.0**-23  # below 1 however it is rounded


def begin(seed: Tensor) -> tuple[Tensor, Tensor]:
    """State and increment, uint64 `(4,)` each, for a seed, int32 of 0 or more."""
    words = _seed_words(tf.cast(seed, tf.uint64))
    start, sequence = ([words[i] for i in order] for order in ((2, 3, 0, 1), (6, 7, 4, 5)))
    doubled = _carried([word * 2 for word in sequence])
    increment = tf.stack([doubled[0] + 1, *doubled[1:]])
    state = _carried([a + b for a, b in zip(tf.unstack(increment), start, strict=True)])
    return _states(tf.stack(state), increment, 1)[0], increment


def draw(state: Tensor, increment: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The next `count` random numbers, float32 in [0, 1), and the state after them."""
    states = _states(state, increment, count)
    zero, one, two, three = tf.unstack(states, axis=1)
    high, low = two + _left(three, 32), zero + _left(one, 32)
    mixed, turn = high ^ low, _right(high, 58)
    back = (tf.constant(64, tf.uint64) - turn) & tf.constant(63, tf.uint64)
    mixed = _right(mixed, turn) | _left(mixed, back)
    numbers = tf.cast(_right(mixed, 11), tf.float64) * 2.0**-53
    return tf.cast(tf.minimum(numbers, _MOST), tf.float32), states[-1]


def _states(state, increment, count):
    """The next `count` states, `(count, 4)`."""
    powers, sums = (tf.constant(table) for table in _tables(count))
    products = zip(_times(powers, state), _times(sums, increment), strict=True)
    return tf.stack(_carried([a + b for a, b in products]), axis=1)


@functools.lru_cache(maxsize=4)
def _tables(count: int) -> tuple[Array, Array]:
    """The words of `a ** n` and of the sum of all lower powers, uint64 `(count, 4)`, n from 1."""
    power, total, powers, sums = 1, 0, [], []
    for _ in range(count):
        total, power = (total + power) % 2**128, power * _MULTIPLIER % 2**128
        powers.append(power)
        sums.append(total)
    return _words(powers), _words(sums)


def _words(numbers):
    return np.array([[n >> 32 * i & _WORD for i in range(4)] for n in numbers], "uint64")


def _times(table, number):
    """Words of products, not carried: each table row `(n, 4)` times a number `(4,)`."""
    rows, words = tf.unstack(table, axis=1), tf.unstack(number)
    sums = [tf.zeros_like(rows[0]) for _ in range(5)]
    for i in range(4):
        for j in range(4 - i):
            product = rows[i] * words[j]
            sums[i + j] += _low(product)
            sums[i + j + 1] += _right(product, 32)
    return sums[:4]


def _carried(words):
    """Words of 32 bits each, of a number of 128, from larger ones."""
    carried, over = [], None
    for word in words:
        word = word if over is None else word + over
        carried.append(_low(word))
        over = _right(word, 32)
    return carried


def _seed_words(seed):
    """The eight words that a SeedSequence of `[seed, 0]` gives, uint64 scalars."""
    constant = 0x43B0D7E5

    def hashed(value):
        nonlocal constant
        value = value ^ tf.constant(constant, tf.uint64)
        constant = constant * 0x931E8875 & _WORD
        return _folded(value * tf.constant(constant, tf.uint64))

    zero = tf.zeros_like(seed)
    pool = [hashed(word) for word in (seed, zero, zero, zero)]
    for source in range(4):
        for target in range(4):
            if source != target:
                part = hashed(pool[source]) * tf.constant(2**32 - 0x4973F715, tf.uint64)
                whole = pool[target] * tf.constant(0xCA01F9DD, tf.uint64)
                pool[target] = _folded(_low(whole) + _low(part))
    words, constant = [], 0x8B51F9DD
    for i in range(8):
        value = pool[i % 4] ^ tf.constant(constant, tf.uint64)
        constant = constant * 0x58F38DED & _WORD
        words.append(_folded(value * tf.constant(constant, tf.uint64)))
    return words


def _folded(value):
    value = _low(value)
    return value ^ _right(value, 16)


def _low(value):
    return value & tf.constant(_WORD, tf.uint64)


def _left(value, bits):
    return tf.bitwise.left_shift(value, tf.cast(bits, tf.uint64))


def _right(value, bits):
    return tf.bitwise.right_shift(value, tf.cast(bits, tf.uint64))
