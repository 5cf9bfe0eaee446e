"""Inputs of models: sounds and pictures, their axes and their durations; output rates."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.sonification.inputs import (
    PICTURE_SECONDS,
    ImageInput,
    SoundInput,
    model_input,
)
from keras_sounddream.sonification.methods import output_rate


def model_of(*shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Activation("linear")(inputs), name="same")


IMAGES = model_of(None, None, 3)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((None,), SoundInput), ((None, 1), SoundInput), ((None, None, 3), ImageInput)],
)
def test_the_shape_of_the_input_tells_its_kind(shape, kind):
    assert type(model_input(model_of(*shape))) is kind


@pytest.mark.parametrize("shape", [(None, 2), (None, None, 1), (4, 5, 6, 7)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(InputError, match="takes sounds .* or pictures"):
        model_input(model_of(*shape))


def test_sounds_get_a_batch_axis_and_the_channel_that_a_model_takes(rng):
    sound = rng.normal(0, 0.1, 500)
    kind = model_input(model_of(None, 1))
    source = kind.check(sound)
    assert source.shape == (1, 500)
    assert kind.preparation(None)(source).shape == (1, 500, 1)
    assert kind.arrange(source, legacy=True)[1:] == (0, (0, 3, 1, 2))


@pytest.mark.parametrize(
    ("size", "legacy", "shape", "axis"),
    [
        ((6, 4), False, (1, 6, 4, 3), 0),  # a portrait: rows are frames
        ((6, 4), True, (1, 4, 6, 3), 1),  # transposed before the network
        ((4, 6), False, (1, 4, 6, 3), 1),  # a landscape: columns are frames
        ((4, 4), True, (1, 4, 4, 3), 1),
    ],
)
def test_the_long_edge_of_a_picture_is_time(size, legacy, shape, axis):
    kind = model_input(IMAGES)
    source, cut_axis, order = kind.arrange(kind.check(np.full((*size, 3), 9.0)), legacy)
    assert source.shape == shape
    assert cut_axis == axis
    assert order == ((0, 3, 2, 1) if axis else (0, 3, 1, 2))


def test_durations_are_those_of_the_sound_or_a_fixed_one():
    model = model_of(None)
    model.sample_rate = 8000
    assert model_input(model).seconds(np.zeros(2000)) == 0.25
    assert model_input(IMAGES).seconds(np.zeros((4, 4, 3))) == PICTURE_SECONDS


def test_a_fixed_size_is_checked():
    with pytest.raises(InputError, match=r"same takes \(4, 5\)"):
        model_input(model_of(4, 5, 3)).check(np.full((4, 6, 3), 9.0))


@pytest.mark.parametrize(
    ("method", "given", "rate"),
    [
        ("ifft", None, 11025),
        ("ifft", np.int64(8000), 8000),
        ("parameter_map", None, 24000),
        ("parameter_map", 22050, 22050),
    ],
)
def test_the_rate_of_the_output_is_the_given_one_or_the_default(method, given, rate):
    found = output_rate(IMAGES, method, given)
    assert found == rate
    assert type(found) is int


@pytest.mark.parametrize("rate", [999, 192001, 8000.0, True, "8000"])
def test_rates_that_are_none_are_refused(rate):
    with pytest.raises(InputError, match="`sample_rate` must be an int from 1000 to 192000"):
        output_rate(IMAGES, "ifft", rate)
