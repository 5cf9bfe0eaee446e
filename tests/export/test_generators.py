"""Files that generate: the draws of `generate`, call after call, in each runtime."""

import importlib.util

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications, generate
from keras_sounddream.errors import ExportError
from keras_sounddream.export import draws, export_generator, export_model, generator_writer
from keras_sounddream.generation.random_numbers import random_numbers

SMALL = {"dilations": (1, 2, 1), "residual_channels": 6, "dilation_channels": 5}
SMALL |= {"skip_channels": 7, "classes": 16, "initial_filter_width": 4, "sample_rate": 100}
CONDITIONED = {"conditions": {"genre": ("metal", "rock"), "mood": ("calm", "wild", "odd")}}
SCALAR = {"scalar_input": True, "output": "mixture_of_logistics", "mixtures": 3}
COUNT = 10  # three calls are 30 samples, which XLA compiles once for all tests
RUNTIMES = {"litert": "ai_edge_litert", "onnx": "tf2onnx"}
FORMATS = [
    pytest.param(name, marks=pytest.mark.skipif(not find, reason=f"needs {RUNTIMES[name]}"))
    for name, find in ((n, importlib.util.find_spec(p)) for n, p in RUNTIMES.items())
]


def build(**settings):
    """A small network with weights that are not small."""
    model = applications.WaveNet(**{**SMALL, **settings})
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.weights])
    return model


@pytest.fixture(scope="module")
def model():
    return build(**CONDITIONED)


@pytest.fixture(scope="module", params=FORMATS)
def exported(request, model, tmp_path_factory):
    """Format, path and report of a file."""
    path = tmp_path_factory.mktemp("generators") / "made"
    return request.param, path, export_generator(model, path, request.param, count=COUNT)


def test_files_draw_what_generate_draws(exported):
    _, path, report = exported
    assert (report["equal"], report["parted"], report["seeds"]) == (1, 0, 4)
    assert report["samples"] == (3 + 3 * max(1, 30 // COUNT)) * COUNT
    assert report["bytes"] == path.stat().st_size


@pytest.mark.parametrize("format", FORMATS)
def test_a_step_alone_draws_from_a_mixture(format, tmp_path):
    report = export_generator(build(**SCALAR), tmp_path / "made", format, count=1)
    assert report["equal"] == 1
    assert report["samples"] >= 30


def test_a_call_goes_on_where_the_last_one_ended(exported, model):
    format, path, _ = exported
    run = generator_writer._READERS[format](path)
    takes = generator_writer.specs(model.plan, COUNT)
    given = {name: np.zeros(spec.shape, spec.dtype.as_numpy_dtype) for name, spec in takes.items()}
    given |= {"genre": np.array([1], "int32"), "temperature": np.array([0.7], "float32")}
    numbers, pieces = random_numbers(5, 1), []
    for _ in range(3):
        found = run(**{**given, "numbers": numbers(COUNT)})
        pieces.append(found["samples"])
        given |= {name[5:]: value for name, value in found.items() if name.startswith("next_")}
    labels = {"genre": ["rock"], "mood": ["calm"]}
    wanted = generate(model, 0.3, conditions=labels, seed=5, temperature=0.7)
    np.testing.assert_array_equal(np.concatenate(pieces, 1), wanted)
    assert given["step"].tolist() == [30]


def test_another_sound_is_refused(model, tmp_path, monkeypatch):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    monkeypatch.setattr(draws, "generate", lambda *_, **__: np.zeros((1, 30), "float32"))
    with pytest.raises(ExportError, match="once exported: with 4 of 4 seeds, after 0 samples"):
        export_generator(model, tmp_path / "made", count=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        (keras.Sequential(), {}, "a model of applications.WaveNet"),
        (
            SMALL,
            {"format": "saved"},
            "`format` must be one of litert, onnx, saved_model. Received: 'saved'",
        ),
        (SMALL, {"count": 0}, "`count` must be an int of at least 1. Received: 0"),
        ({**SMALL, "local_channels": 2}, {}, "local condition, which no file takes"),
        ({**SMALL, "conditions": {"step": ("a",)}}, {}, "a file has a `step` of its own"),
    ],
)
def test_what_no_file_holds_is_named(model, settings, message, tmp_path):
    model = applications.WaveNet(**model) if isinstance(model, dict) else model
    with pytest.raises(InputError, match=message):
        export_generator(model, tmp_path / "made", **settings)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (["generate"], "written for LiteRT and ONNX by export_generator"),
        (None, "takes: .*To generate, name the task 'generate'"),
    ],
)
def test_export_model_names_what_writes_a_wavenet_that_generates(model, tasks, message, tmp_path):
    with pytest.raises(InputError, match=message):
        export_model(model, tmp_path / "made.onnx", tasks=tasks)
    assert not list(tmp_path.iterdir())


def test_a_generator_of_pictures_is_for_export_model(tmp_path):
    generator = applications.generators.DCGANGenerator(latent_size=4, width=0.02)
    with pytest.raises(InputError, match="Export a generator with export_model"):
        export_generator(generator, tmp_path / "made")
