"""The interfaces of exports: what every writer offers, and what a task says of its input."""

import inspect
import pathlib

import keras
import pytest
from export.models import RATE, make_classifier

from keras_sounddream import export, export_model
from keras_sounddream.export.formats import (
    FORMATS,
    FormatWriter,
    Runner,
    Task,
    takes_shape,
    writer_of,
)

OPTIONS = {
    "litert": ["seconds", "quantization", "representative", "size"],
    "onnx": ["seconds", "size"],
    "saved_model": ["serving_name", "max_seconds"],
}


def task_named(name, **fields):
    fields = {"limit": 1e-5, "sample_rate": RATE, "min_samples": 1, "samples": None, **fields}
    return Task(name, dict, ("scores",), fields.pop("model", None), **fields)


TASKS = [task_named(name) for name in ("classify", "embed", "dream", "dream_step")]


def test_every_format_is_in_the_table():
    assert set(OPTIONS) == set(FORMATS)


@pytest.mark.parametrize(("format", "options"), OPTIONS.items())
def test_a_writer_says_its_options_and_export_model_takes_them(format, options):
    parameters = inspect.signature(export_model).parameters
    assert writer_of(format).options() == options
    for name in options:
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert f"{name}:" in export_model.__doc__


def test_all_that_export_model_takes_is_in_its_signature_and_documented():
    parameters = inspect.signature(export_model).parameters.values()
    kinds = {parameter.kind for parameter in parameters}
    assert inspect.Parameter.VAR_KEYWORD not in kinds
    for parameter in parameters:
        assert f"        {parameter.name}: " in export_model.__doc__
        assert parameter.annotation is not inspect.Parameter.empty


@pytest.mark.parametrize(
    ("format", "marker", "most", "default"),
    [
        ("litert", None, None, ["dream", "dream_step"]),
        ("onnx", None, 1, ["classify"]),
        ("saved_model", "saved_model.pb", None, ["classify", "embed", "dream", "dream_step"]),
    ],
)
def test_what_a_format_holds(format, marker, most, default):
    writer = writer_of(format)
    assert isinstance(writer, FormatWriter)
    assert (writer.folder_marker, writer.tasks_per_file) == (marker, most)
    assert [task.name for task in writer.default_tasks(TASKS)] == default


def test_a_plain_model_in_litert_does_all_it_can():
    assert writer_of("litert").default_tasks(TASKS[:2]) == TASKS[:2]


@pytest.mark.parametrize("arguments", [("write", [], None), ("read",)])
def test_a_format_without_a_method_is_no_format(arguments):
    name, *rest = arguments
    rest = [*rest, pathlib.Path("a")] if name == "write" else [pathlib.Path("a"), []]
    with pytest.raises(NotImplementedError):
        getattr(FormatWriter(), name)(*rest)


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({}, (None,)),
        ({"samples": 400}, (400,)),
        ({"input": "picture"}, (None, None, 3)),
        ({"input": "picture", "size": (20, 30)}, (20, 30, 3)),
    ],
)
def test_the_shape_of_an_example(fields, shape):
    assert task_named("classify", **fields).shape == shape


@pytest.mark.parametrize(
    ("shape", "fits"),
    [((1, 64, 1), True), ((3, 200, 1), True), ((1, 63, 1), False)],
)
def test_a_shape_fits_where_no_output_is_empty(shape, fits):
    inputs = keras.Input((None, 1))
    model = keras.Model(inputs, keras.layers.Conv1D(2, 64)(inputs))
    assert takes_shape(model, shape) is fits
    assert task_named("embed", model=model).fits(shape) is fits


def test_a_runner_takes_the_options_of_dreams_unless_said():
    assert Runner(dict, {}).options == ("steps", "step_size", "place")


@pytest.mark.parametrize("name", sorted(export.__all__))
def test_every_public_name_is_there(name):
    assert getattr(export, name) is not None
    assert name in dir(export)


def test_an_option_that_no_format_has_is_a_type_error(tmp_path):
    with pytest.raises(TypeError, match="unexpected keyword argument 'seconded'"):
        export_model(make_classifier(), tmp_path / "a", seconded=5)
