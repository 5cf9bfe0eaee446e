"""The contract of dream filters, of sounds and of pictures."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications
from keras_sounddream.filters import PICTURES, PRETRAINED, DreamFilter, PictureFilter


@dataclasses.dataclass(frozen=True)
class Row:
    """A constructor of filters, and what is to be expected of it."""

    constructor: Callable[..., Any]
    pretrained: dict
    parameters: int
    sample_rate: int | None
    settings: dict  # of a small one

    def example(self, batch=1):
        """Something that it filters: noise, or a picture of noise."""
        rng = np.random.default_rng(3)
        if self.sample_rate is None:
            return rng.uniform(0, 255, (batch, 36, 51, 3)).astype("float32")
        return rng.normal(0, 0.1, (batch, 7001)).astype("float32")


ROWS = (
    Row(DreamFilter, PRETRAINED, 449_090, 24000, {"width": 8, "dilations": (1,)}),
    Row(PictureFilter, PICTURES, 238_659, None, {"width": 8, "dilations": (1,)}),
)


@pytest.fixture(scope="module", params=ROWS, ids=lambda row: row.constructor.__name__)
def row(request):
    return request.param


def test_the_defaults_are_those_of_the_weights_that_ship(row):
    first = inspect.signature(row.constructor).parameters["weights"].default
    assert first in row.pretrained
    model = row.constructor()
    assert model.count_params() == row.parameters
    assert model.sample_rate == row.sample_rate
    for one, other in zip(model.weights, row.constructor(first).weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_key_is_another_filter_of_the_same_shape(row):
    example = row.example(2)
    outputs = [np.asarray(row.constructor(key)(example)) for key in row.pretrained]
    for output in outputs:
        assert output.shape == example.shape
        assert np.isfinite(output).all()
        assert np.abs(output - example).max() > 1e-3 * np.abs(example).max()
    assert len({output.tobytes() for output in outputs}) == len(row.pretrained)


def test_an_input_counts_alone_as_in_a_batch(row):
    model, examples = row.constructor(), row.example(3)
    peak = np.abs(examples).max()
    together, alone = np.asarray(model(examples))[1:2], np.asarray(model(examples[1:2]))
    np.testing.assert_allclose(together, alone, atol=1e-4 * peak)


def test_a_saved_model_comes_back_with_its_settings(row, tmp_path):
    model = row.constructor(None, **row.settings, name="mine")
    model.save(tmp_path / "mine.keras")
    again = keras.models.load_model(tmp_path / "mine.keras")
    assert again.name == "mine"
    assert again.weight_settings == model.weight_settings
    assert again.layers[-1].width == 8
    applications.save_weights(again, tmp_path / "mine.npz")
    assert row.constructor(tmp_path / "mine.npz").layers[-1].width == 8


@pytest.mark.parametrize("weights", ["no_such_key", 3, "missing.npz", ""])
def test_weights_that_are_not_there_are_told(row, weights):
    with pytest.raises(InputError, match="must be None, one of"):
        row.constructor(weights)
