"""A file's ending says its format, and may not say another than what is asked for."""

import pytest

from keras_sounddream import InputError
from keras_sounddream.export.formats import FORMATS, find_format, writer_of


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("a.tflite", None, "litert"),
        ("a.ONNX", None, "onnx"),
        ("b/a.onnx", "onnx", "onnx"),
        ("a", None, "saved_model"),
        ("a.v2", None, "saved_model"),
        ("a", "litert", "litert"),
    ],
)
def test_the_ending_says_the_format(path, name, expected):
    assert find_format(path, name, "saved_model") == expected


@pytest.mark.parametrize(
    ("path", "name", "message"),
    [
        ("a.onnx", "litert", "A file that ends in .onnx is of the format onnx. Received: litert"),
        ("a.tflite", "saved_model", "of the format litert. Received: saved_model"),
        ("a", "litrt", "one of litert, onnx, saved_model. Received: 'litrt'. Did you mean 'lite"),
        ("a", "", "`format` must be one of"),
    ],
)
def test_what_does_not_fit_is_refused(path, name, message):
    with pytest.raises(InputError, match=message):
        find_format(path, name, "saved_model")


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_has_a_writer(name):
    assert callable(writer_of(name).write)
