"""EfficientAT in other runtimes: its scores, and a step of a dream through its gates.

The step passes hard swish, squeeze-and-excitation and the reflection of the sound's ends, whose
gradients are written out for LiteRT and ONNX.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from runtimes import run_lite, run_onnx

from keras_sounddream import DeepDream, applications, export_model
from keras_sounddream.applications.efficientat.front_end import CentredLogMel
from keras_sounddream.export.portable.gradients import portable_gradient

LITERT = {"format": "litert", "seconds": 0.32}
FORMATS = {
    "litert": ("ai_edge_litert", {**LITERT}),
    "litert, 8-bit weights": ("ai_edge_litert", {**LITERT, "quantization": "dynamic_range"}),
    "onnx": ("tf2onnx", {"format": "onnx"}),
    "saved_model": ("tensorflow", {"format": "saved_model"}),
}
MOST = {"dynamic_range": 0.05}  # largest difference of a score, of the largest; else 1e-5


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return applications.EfficientAT("mn04", weights=None)


@pytest.mark.parametrize(("package", "options"), FORMATS.values(), ids=FORMATS)
def test_scores_are_the_models(model, tmp_path, package, options):
    pytest.importorskip(package)
    report = export_model(model, tmp_path / "file", tasks=["classify"], **options)
    most = MOST.get(options.get("quantization"), 1e-5)
    assert report["tasks"]["classify"]["largest_relative"] < most


@pytest.mark.parametrize("name", ["litert", "onnx"])
def test_a_step_of_a_dream_is_the_models(model, tmp_path, name):
    package, options = FORMATS[name]
    pytest.importorskip(package)
    dream = DeepDream(model, "block7", octaves=1, steps=1)
    options = {**options, "seconds": 0.32}
    report = export_model(dream, tmp_path / "file", tasks=["dream_step"], **options)
    assert report["tasks"]["dream_step"]["largest_relative"] < 1e-4


@pytest.mark.parametrize("run", [run_lite, run_onnx])
def test_the_front_ends_gradient_is_tensorflows(rng, run):
    layer, sound = CentredLogMel(), rng.normal(0, 0.1, (1, 2001)).astype("float32")

    def score(x):
        return tf.reduce_sum(tf.square(layer(x) + 1.0), (1, 2))

    with tf.GradientTape() as tape:
        x = tf.constant(sound)
        tape.watch(x)
        wanted = score(x)
    wanted = tape.gradient(wanted, x)
    found = run(lambda x: portable_gradient(score, x)[1], sound)
    np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max())
    assert np.abs(wanted)[0, [0, -1]].min() > 0  # the ends too
