"""Image models in exports: sizes that fit, preprocessing, and images to compare on."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.export.image_inputs import at_size, extent, image_like, images_for, taker
from keras_sounddream.export.tasks import find_tasks


def network(size=(None, None), name="eye"):
    inputs = keras.Input((*size, 3))
    x = keras.layers.Conv2D(4, 5, strides=2, name="conv")(inputs)
    return keras.Model(inputs, keras.layers.GlobalMaxPooling2D()(x), name=name)


@pytest.fixture(scope="module")
def task():
    return find_tasks(network(), ["classify"])[0]


@pytest.mark.parametrize(("size", "expected"), [((None, None), None), ((20, 30), (20, 30))])
def test_the_fields_of_a_task_of_images(size, expected):
    assert extent(network(size), None) == {
        "input": "picture",
        "size": expected,
        "sample_rate": None,
        "min_samples": None,
        "samples": None,
    }


def test_a_least_length_is_for_sounds():
    with pytest.raises(InputError, match="`min_seconds` is of sounds, and eye takes pictures"):
        find_tasks(network(), min_seconds=1.0)


def test_rows_and_columns_are_both_fixed_or_both_free():
    with pytest.raises(InputError, match="one size or of any. eye takes: 20 x None"):
        find_tasks(network((20, None)))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(None, [0.0, 127.5, 255.0]), ("none", [0.0, 127.5, 255.0]), ("tf", [-1.0, 0.0, 1.0])],
)
def test_pixels_are_preprocessed(mode, expected):
    pixels = np.repeat(np.array([0.0, 127.5, 255.0], "float32")[:, None], 3, 1)[None, None]
    found = np.asarray(taker(network(), mode)(pixels))
    np.testing.assert_allclose(found[0, 0, :, 0], expected, atol=1e-6)


def test_a_preprocessing_that_is_none_is_refused_with_all_that_are():
    with pytest.raises(InputError, match="`preprocessing` must be one of .*tf.*'pytorch'"):
        taker(network(), "pytorch")


@pytest.mark.parametrize("size", [(20, 30), [20, 30], np.array([20, 30]), (20.0, 30.0)])
def test_a_size_is_two_numbers(task, size):
    assert at_size(task, None, size).size == (20, 30)


def test_without_a_size_any_will_do_unless_one_is_required(task):
    assert at_size(task, None, None) is task
    with pytest.raises(InputError, match="takes one size of picture"):
        at_size(task, None, None, required=True)


WRONG = {
    "one number": 20,
    "three numbers": (20, 30, 3),
    "text": "20x30",
    "none of rows": (0, 30),
    "fewer than none": (20, -1),
    "part of a row": (20.5, 30),
    "no numbers": (None, 30),
}


@pytest.mark.parametrize("size", WRONG.values(), ids=WRONG)
def test_what_is_no_size_is_refused(task, size):
    with pytest.raises(InputError, match="Expected `size` of two ints, rows and columns"):
        at_size(task, None, size)


def test_a_length_is_refused_with_what_to_give(task):
    with pytest.raises(InputError, match=r"eye takes pictures: give `size=\(rows, columns\)`"):
        at_size(task, 2.0, None)


@pytest.mark.parametrize("size", [(4, 30), (30, 4)])
def test_too_few_pixels_are_refused(task, size):
    with pytest.raises(InputError, match=f"{size[0]} x {size[1]} pixels are too few for eye"):
        at_size(task, None, size)


def test_another_size_than_the_model_takes_is_refused():
    (fixed,) = find_tasks(network((20, 30)), ["classify"])
    assert at_size(fixed, None, (20, 30)).size == (20, 30)
    with pytest.raises(InputError, match=r"eye takes 20 x 30 pixels. Received `size`: \(30, 20\)"):
        at_size(fixed, None, (30, 20))


def test_images_are_of_two_sizes_or_of_the_task(task):
    assert [image.shape for image in images_for(task)] == [(1, 96, 128, 3), (1, 115, 101, 3)]
    fixed = at_size(task, None, (20, 30))
    assert [image.shape for image in images_for(fixed)] == [(1, 20, 30, 3)]


def test_given_images_are_brought_to_the_size_of_the_task(task):
    image = image_like((40, 60))
    (same,) = images_for(task, [image])
    np.testing.assert_array_equal(same, image)
    (small,) = images_for(at_size(task, None, (20, 30)), [image[0]])
    assert small.shape == (1, 20, 30, 3)
    np.testing.assert_array_equal(small, np.round(small))
    assert abs(small.mean() - image.mean()) < 5


def test_no_image_is_refused(task):
    with pytest.raises(InputError, match="at least one picture to compare on"):
        images_for(task, [])
