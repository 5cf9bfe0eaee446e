"""Digests of files and of weights: what they depend on, and what not."""

import hashlib

import keras
import numpy as np
import pytest

from keras_sounddream.digests import file_digest, sampled_checksum, weights_digest


def test_a_large_array_is_told_apart_by_some_of_its_numbers():
    array = np.arange(100_000.0).reshape(10, -1)
    assert sampled_checksum(array) == sampled_checksum(array.copy())
    assert sampled_checksum(array) != sampled_checksum(array[::-1])
    assert sampled_checksum(array[:0]) == 0


@pytest.mark.parametrize("size", [0, 5, 2**20, 2**20 + 1])
def test_a_files_digest_is_that_of_its_bytes(tmp_path, size):
    data = np.random.default_rng(0).bytes(size)
    (tmp_path / "file").write_bytes(data)
    assert file_digest(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_weights_count_and_names_do_not():
    def made(name):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name=name)])
        model.set_weights([np.arange(6.0).reshape(3, 2), np.zeros(2)])
        return model

    model, other = made("a"), made("b")
    assert weights_digest(model) == weights_digest(other)
    other.layers[-1].bias.assign([0, 1e-7])
    assert weights_digest(model) != weights_digest(other)
