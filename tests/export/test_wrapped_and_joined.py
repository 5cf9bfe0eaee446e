"""Dreams on a network of spectrograms with its front end, and on two networks at once, exported."""

import keras
import pytest

from keras_sounddream import DeepDream, export_model
from keras_sounddream.audio.spectral.front_ends import StftMagnitude

QUICK = {"octaves": 1, "steps": 2}
RUNTIMES = {"litert": "ai_edge_litert", "onnx": "onnxruntime", "saved_model": "tensorflow"}


def spectrogram_network():
    """A small network of `(frames, bins, 1)`, as TensorFlow's audio tutorial makes them."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((124, 129, 1))
    x = keras.layers.Resizing(16, 16)(inputs)
    x = keras.layers.Conv2D(4, 3, activation="relu", name="features")(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(3)(x), name="tutorial")


def wrapped(_):
    front_end = StftMagnitude(frame_length=255, frame_step=128, sample_rate=16000)
    return DeepDream(spectrogram_network(), "features", front_end=front_end, **QUICK)


def joined(small_model):
    other = keras.models.clone_model(small_model)
    return DeepDream([small_model, other], ["conv1", "conv2"], **QUICK)


@pytest.mark.parametrize("make", [wrapped, joined])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_step_in_other_runtimes_is_the_models(make, runtime, small_model, tmp_path):
    pytest.importorskip(RUNTIMES[runtime])
    options = {} if runtime == "saved_model" else {"seconds": 1}
    report = export_model(make(small_model), tmp_path / "out", runtime, ["dream_step"], **options)
    assert report["tasks"]["dream_step"]["excess"] <= 1
