"""Random numbers of draws: repeatable, and the same however they are asked for."""

import numpy as np
import pytest

from keras_sounddream.generation.random_numbers import NUMBERS, random_numbers


def test_pieces_are_the_whole():
    whole = random_numbers(3, 2)(10)
    take = random_numbers(3, 2)
    assert whole.shape == (10, 2, NUMBERS)
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(np.concatenate([take(4), take(1), take(5)]), whole)


def test_an_example_has_its_numbers_in_any_batch():
    np.testing.assert_array_equal(random_numbers(3, 4)(6)[:, :2], random_numbers(3, 2)(6))


@pytest.mark.parametrize("other", [(4, 1, 0), (3, 2, 1)])
def test_seeds_and_examples_differ(other):
    seed, batch, example = other
    first = random_numbers(3, 1)(50)[:, 0]
    assert not np.any(first == random_numbers(seed, batch)(50)[:, example])


def test_all_are_at_least_0_and_below_1_also_in_32_bits():
    numbers = random_numbers(0, 1)(200_000)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert numbers.mean() == pytest.approx(0.5, abs=0.005)
