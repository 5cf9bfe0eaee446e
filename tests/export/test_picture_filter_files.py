"""Files of picture filters: each runtime's pictures are the model's."""

import importlib.util

import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import InputError, export_model
from keras_sounddream.filters import PictureFilter

RUNTIMES = {"made.tflite": "ai_edge_litert", "made.onnx": "tf2onnx", "made": "tensorflow"}
NAMES = [
    pytest.param(name, marks=pytest.mark.skipif(not find, reason=f"needs {RUNTIMES[name]}"))
    for name, find in ((n, importlib.util.find_spec(p)) for n, p in RUNTIMES.items())
]


@pytest.fixture(scope="module")
def model():
    """A filter with weights that are not small."""
    rng = np.random.default_rng(2)
    model = PictureFilter(None, width=8, dilations=(1, 2))
    model.set_weights([rng.normal(0, 0.3, weight.shape) for weight in model.weights])
    return model


@pytest.mark.parametrize("name", NAMES)
def test_a_file_filters_as_the_model_does(name, model, tmp_path):
    options = {"size": (37, 50)} if name.endswith("tflite") else {}
    report = model.export(tmp_path / name, **options)
    figures = report["tasks"]["filter"]
    assert figures["largest_relative"] < 1e-4
    assert not [kind for kind in figures["operations"] if "CUSTOM" in kind or "Flex" in kind]


def test_a_saved_model_takes_any_size(model, tmp_path, rng):
    model.export(tmp_path / "made", verify=False)
    filtered = tf.saved_model.load(str(tmp_path / "made")).signatures["filter"]
    for size in ((9, 30), (64, 20)):
        picture = rng.uniform(0, 255, (2, *size, 3)).astype("float32")
        found = filtered(picture=tf.constant(picture))["filtered"]
        np.testing.assert_allclose(found, model(picture), atol=1e-3)


def test_weights_are_rounded(tmp_path):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    model = PictureFilter(None, width=32)
    whole = model.export(tmp_path / "a.tflite", size=(32, 32))
    small = model.export(tmp_path / "b.tflite", size=(32, 32), quantization="float16")
    assert small["bytes"] < whole["bytes"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tasks": ["embed"]}, "has the task 'filter'. Received: 'embed'"),
        ({"tasks": ["filtre"]}, "Did you mean 'filter'"),
        ({"preprocessing": "tf"}, "without `preprocessing`: leave it out"),
        ({"layer": "down1"}, "without `layer`: leave it out"),
        ({"size": (9, 9), "sounds": [np.zeros((1, 9, 9))]}, r"Received: float64 \(1, 9, 9\)"),
        ({"seconds": 2.0}, "takes pictures: give `size="),
        ({}, "Give its rows and columns"),
    ],
)
def test_what_does_not_fit_is_refused(model, tmp_path, options, message):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    with pytest.raises(InputError, match=message):
        model.export(tmp_path / "made.tflite", **options)
    assert not list(tmp_path.iterdir())


def test_pictures_have_no_longest_sound(model, tmp_path):
    with pytest.raises(InputError, match="`max_seconds` is of sounds, and .* takes pictures"):
        export_model(model, tmp_path / "made", max_seconds=3.0)
    assert not list(tmp_path.iterdir())


def test_another_model_has_no_filter(small_model, tmp_path):
    with pytest.raises(InputError, match="The task 'filter' needs a dream filter"):
        export_model(small_model, tmp_path / "made", tasks=["filter"])
