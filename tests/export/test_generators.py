"""Files that generate: the draws of `generate`, call after call, in each runtime."""

import importlib.util

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications, generate
from keras_sounddream.errors import ExportError
from keras_sounddream.export import export_generator, generators
from keras_sounddream.generation.numbers import random_numbers

SMALL = {"dilations": (1, 2, 4, 1, 2), "residual_channels": 6, "dilation_channels": 5}
SMALL |= {"skip_channels": 7, "classes": 16, "initial_filter_width": 4, "sample_rate": 100}
KINDS = {
    "conditioned": {"conditions": {"genre": ("metal", "rock"), "mood": ("calm", "wild", "odd")}},
    "scalar": {"scalar_input": True, "output": "mixture_of_logistics", "mixtures": 3},
}
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


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("format", FORMATS)
def test_files_draw_what_generate_draws(format, kind, count, tmp_path):
    path = tmp_path / "made"
    report = export_generator(build(**KINDS[kind]), path, format, count=count)
    assert report["equal"] == 1
    assert report["samples"] >= 30
    assert report["bytes"] == path.stat().st_size


@pytest.mark.parametrize("format", FORMATS)
def test_a_call_goes_on_where_the_last_one_ended(format, tmp_path):
    model = build(**KINDS["conditioned"])
    export_generator(model, tmp_path / "made", format, count=7, verify=False)
    run = generators._READERS[format](tmp_path / "made")
    takes = generators.specs(model.plan, 7)
    given = {name: np.zeros(spec.shape, spec.dtype.as_numpy_dtype) for name, spec in takes.items()}
    given |= {"genre": np.array([1], "int32"), "temperature": np.array([0.7], "float32")}
    numbers, pieces = random_numbers(5, 1), []
    for _ in range(4):
        found = run(**{**given, "numbers": numbers(7)})
        pieces.append(found["samples"])
        given |= {name[5:]: value for name, value in found.items() if name.startswith("next_")}
    labels = {"genre": ["rock"], "mood": ["calm"]}
    wanted = generate(model, 0.28, conditions=labels, seed=5, temperature=0.7)
    np.testing.assert_array_equal(np.concatenate(pieces, 1), wanted)
    assert given["step"].tolist() == [28]


@pytest.mark.parametrize("format", FORMATS)
def test_another_networks_sound_is_refused(format, tmp_path, monkeypatch):
    model, other = build(), build(dilations=(1, 2, 4, 2, 1))
    monkeypatch.setattr(generators, "generate", lambda _, *a, **k: generate(other, *a, **k))
    with pytest.raises(ExportError, match="differs once exported, from sample"):
        export_generator(model, tmp_path / "made", format, count=20)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        (keras.Sequential(), {}, "a model of applications.WaveNet"),
        (SMALL, {"format": "saved_model"}, "`format` is litert or onnx"),
        (SMALL, {"count": 0}, "`count` of samples a call, 1 or more. Received: 0"),
        ({**SMALL, "local_channels": 2}, {}, "local condition, which no file takes"),
    ],
)
def test_what_no_file_holds_is_named(model, settings, message, tmp_path):
    model = applications.WaveNet(**model) if isinstance(model, dict) else model
    with pytest.raises(InputError, match=message):
        export_generator(model, tmp_path / "made", **settings)
