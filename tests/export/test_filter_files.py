"""Files of dream filters: a stream through each runtime is the model's output."""

import importlib.util

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import InputError, export_model
from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.errors import ExportError
from keras_sounddream.export import export_filter, filter_writer
from keras_sounddream.filters import DreamFilter

ANALYSIS = Analysis(2000, 0.04, 0.02, num_mel_bins=8)
RUNTIMES = {"made.tflite": "ai_edge_litert", "made.onnx": "tf2onnx", "made": "tensorflow"}
NAMES = [
    pytest.param(name, marks=pytest.mark.skipif(not find, reason=f"needs {RUNTIMES[name]}"))
    for name, find in ((n, importlib.util.find_spec(p)) for n, p in RUNTIMES.items())
]


@pytest.fixture(scope="module")
def model():
    """A small filter with weights that are not small."""
    rng = np.random.default_rng(2)
    model = DreamFilter(None, analysis=ANALYSIS, width=40, dilations=(1, 2))
    model.set_weights([rng.normal(0, 0.3, weight.shape) for weight in model.weights])
    return model


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_through_a_file_is_the_models_output(name, model, tmp_path):
    report = model.export(tmp_path / name)
    figures = report["tasks"]["filter"]
    assert figures["largest_relative"] < 1e-4
    assert (report["samples"], report["delay"]) == (40, 120)
    assert not [kind for kind in figures["operations"] if "CUSTOM" in kind or "Flex" in kind]
    assert report["bytes"] > 5000


def test_a_saved_model_filters_whole_sounds(model, tmp_path, rng):
    export_model(model, tmp_path / "made", verify=False)
    waveform = rng.normal(0, 0.1, (3, 701)).astype("float32")
    loaded = tf.saved_model.load(str(tmp_path / "made"))
    found = loaded.signatures["filter_whole"](waveform=tf.constant(waveform))["filtered"]
    np.testing.assert_allclose(found, model(waveform), atol=1e-6)


def test_calls_may_be_longer_and_weights_rounded(model, tmp_path):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    whole = export_model(model, tmp_path / "a.tflite", seconds=0.1)
    small = export_model(model, tmp_path / "b.tflite", seconds=0.1, quantization="float16")
    assert whole["samples"] == small["samples"] == 200
    assert small["bytes"] < whole["bytes"]
    assert 1e-6 < small["tasks"]["filter"]["largest_relative"] < 0.02


@pytest.mark.parametrize("name", NAMES)
def test_another_sound_is_refused(name, model, tmp_path, monkeypatch):
    portable = filter_writer._portable

    def wrong(*arguments):
        copy = portable(*arguments)
        copy.set_weights([1.01 * weight for weight in copy.get_weights()])
        return copy

    monkeypatch.setattr(filter_writer, "_portable", wrong)
    with pytest.raises(ExportError, match="differs once exported: by 0"):
        export_model(model, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.tflite", {"quantization": "int8"}, "`quantization` of a filter is one of float16"),
        ("a.tflite", {"seconds": 0.001}, "`seconds` must be"),
        ("a.tflite", {"seconds": float("inf")}, "`seconds` must be"),
        ("a.tflite", {"max_seconds": 3.0}, "The format litert takes `seconds`"),
        ("a.onnx", {"quantization": "float16"}, "The format onnx takes `seconds`"),
        ("a", {"seconds": 1.0}, "saved_model takes nothing of the kind .* Leave it out"),
        ("a.tflite", {"tasks": ["classify"]}, "A filter's file has one task, filter"),
    ],
)
def test_options_that_do_not_fit_are_refused(name, options, message, model, tmp_path):
    with pytest.raises(InputError, match=message):
        export_model(model, tmp_path / name, **options)
    assert not list(tmp_path.iterdir())


def test_other_models_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"a model of filters\.DreamFilter"):
        export_filter(keras.Sequential(), tmp_path / "a.tflite", "litert")
