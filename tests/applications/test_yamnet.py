"""YAMNet: patches against NumPy, the reference's numbers, every file that its weights come in."""

import re

import keras
import numpy as np
import pytest
from places import shared_data

from keras_sounddream import DeepDream, InputError, applications, audio, objectives
from keras_sounddream.applications import classify, yamnet
from keras_sounddream.applications.yamnet import model as yamnet_model
from keras_sounddream.applications.yamnet import weights as _yamnet_weights
from keras_sounddream.applications.yamnet.patches import JoinPatches, Patches
from keras_sounddream.deepdream.network.patch_axis import layers_of_parts
from keras_sounddream.errors import InputWarning

KINDS = ("depthwise", "pointwise")


@pytest.fixture
def weights():
    """Folder of weights and reference vectors."""
    return shared_data("weights") / "yamnet"


@pytest.fixture
def reference(weights):
    return np.load(weights / "yamnet_reference.npz")


@pytest.fixture(scope="module")
def untrained():
    return applications.YAMNet(weights=None)


def randomised(model, seed=0):
    """The model with weights in which no two tensors are alike."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.1, 0.2, w.shape).astype("float32") for w in model.weights])
    return model


@pytest.mark.parametrize("num_frames", [96, 143, 144, 300])
def test_patches_are_those_of_a_loop(rng, num_frames):
    spectrogram = rng.normal(size=(3, num_frames, 5)).astype("float32")
    starts = range(0, num_frames - 95, 48)
    expected = np.array([clip[i : i + 96] for clip in spectrogram for i in starts])
    found = Patches(96, 48)(spectrogram)
    np.testing.assert_array_equal(found, expected[..., None])
    assert Patches(96, 48).compute_output_shape(spectrogram.shape) == found.shape
    means = keras.ops.mean(found, axis=(2, 3))  # (batch * patches, 96)
    joined = JoinPatches(96, 48)(means, spectrogram)
    np.testing.assert_allclose(joined[1, -1], expected[2 * len(starts) - 1].mean(-1), rtol=1e-4)
    assert JoinPatches(96, 48).compute_output_shape(means.shape, spectrogram.shape) == joined.shape


def test_patches_of_bad_lengths_are_named():
    with pytest.raises(InputError, match="whole number of steps. Received: length=96, step=50"):
        Patches(96, 50)
    with pytest.raises(InputError, match="at least 96 frames, a patch. Got: 95"):
        Patches(96, 48)(np.zeros((1, 95, 5), "float32"))


def test_is_as_large_as_published(untrained):
    assert sum(np.size(weight) for weight in untrained.trainable_weights) == 3_729_481


def test_names_521_classes_in_order(weights):
    labels = applications.base.read_labels("audioset.txt")
    assert len(set(labels)) == 521
    assert (labels[0], labels[494], labels[520]) == ("Speech", "Silence", "Field recording")
    table = (weights / "yamnet_class_map.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [re.split(",", row, maxsplit=2)[2].strip('"') for row in table] == list(labels)


def test_front_end_scores_and_embeddings_are_the_references(weights, reference):
    model = applications.YAMNet(weights=weights / "yamnet_folded.npz")
    found = yamnet.outputs(model).predict(reference["waveform"], verbose=0)
    np.testing.assert_allclose(found["log_mel"], reference["log_mel"], atol=1e-4)
    np.testing.assert_allclose(found["scores"], reference["scores"], atol=1e-5)
    np.testing.assert_allclose(found["patch_scores"][:, 0], reference["scores"], atol=1e-5)
    np.testing.assert_allclose(found["embeddings"][:, 0], reference["embedding"], atol=1e-4)
    whole = applications.YAMNet(weights=weights / "yamnet_folded.npz", patches=False)
    np.testing.assert_allclose(whole(reference["waveform"]), reference["scores"], atol=1e-5)


def test_the_tflite_files_network_scores_like_the_tflite_file(weights, reference):
    pytest.importorskip("ai_edge_litert")
    model = applications.YAMNet(weights=weights / "yamnet_classifier_int8.tflite")
    assert model.get_layer("layer1_relu").max_value == 6
    scores, expected = model(reference["waveform"]), reference["scores_tflite_int8"]
    np.testing.assert_allclose(scores, expected, atol=0.05)  # activations are rounded there
    assert np.corrcoef(np.ravel(scores), expected.ravel())[0, 1] > 0.9995


def test_silence_is_silence(weights):
    model = applications.YAMNet(weights=weights / "yamnet_folded.npz")
    scores = model.predict(np.zeros((2, 30000), "float32"), verbose=0)
    best = yamnet.decode_predictions(scores, top=1)
    assert [row[0][1] for row in best] == ["Silence", "Silence"] == [model.labels[494]] * 2


def test_each_patch_scores_as_it_does_alone(rng):
    model = randomised(applications.YAMNet(weights=None))
    waveform = rng.normal(0, 0.1, (2, 50_001)).astype("float32")
    found = yamnet.outputs(model)(waveform)
    seconds = yamnet.patch_seconds(found["embeddings"].shape[1])
    assert len(seconds) == 5
    for i, (start, end) in enumerate(seconds):
        alone = yamnet.outputs(model)(waveform[:, round(start * 16000) : round(end * 16000)])
        for name in ("embeddings", "patch_scores"):
            assert alone[name].shape[1] == 1
            np.testing.assert_allclose(found[name][:, i], alone[name][:, 0], rtol=2e-4)
    np.testing.assert_allclose(found["scores"], np.mean(found["patch_scores"], axis=1), rtol=1e-5)
    assert found["log_mel"].shape == (2, yamnet.ANALYSIS.num_frames(50_001), 64)


@pytest.mark.parametrize(
    ("num_samples", "expected"), [(1, 15600), (15600, 15600), (15601, 23280), (23281, 30960)]
)
def test_a_sound_begins_again_until_its_last_patch_is_full(rng, num_samples, expected):
    waveform = rng.normal(0, 0.1, num_samples).astype("float32")
    prepared = yamnet.preprocess_input(waveform, 16000)
    np.testing.assert_array_equal(prepared, np.resize(waveform, (1, expected)))


@pytest.mark.parametrize("settings", [{"patches": False}, {"include_top": False}])
def test_outputs_of_another_model_are_refused(settings):
    with pytest.raises(InputError, match="Expected a model of YAMNet with include_top=True"):
        yamnet.outputs(applications.YAMNet(weights=None, **settings))


def test_read_whole_the_network_has_features_all_along(rng):
    features = applications.YAMNet(include_top=False, weights=None, patches=False)
    assert features(np.zeros((2, 48_000), "float32")).shape == (2, 10, 2, 1024)
    pooled = applications.YAMNet(include_top=False, weights=None, patches=False, pooling="avg")
    assert pooled(np.zeros((2, 48_000), "float32")).shape == (2, 1024)


def test_an_unknown_activation_is_named():
    with pytest.raises(InputError, match="`activation` must be None or one of .* 'gelu'"):
        applications.YAMNet(weights=None, activation="gelu")


def official_file(model, path):
    """Writes a model's weights as Keras 2 wrote `yamnet.h5`."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for weight in model.weights:
            layer, kind = weight.path.split("/")
            theirs = re.sub(r"(layer\d+)_(depthwise|pointwise)", r"\1/\2_conv", layer)
            theirs = theirs.replace("_conv_conv", "_conv").replace("_conv_norm", "_conv/bn")
            theirs = theirs.replace("layer1_conv", "layer1/conv")
            theirs = theirs.replace("layer1_norm", "layer1/conv/bn").replace(
                "predictions", "logits"
            )
            kind = f"depthwise_{kind}" if theirs.endswith("depthwise_conv") else kind
            file[f"{theirs}/{theirs}/{kind}:0"] = np.asarray(weight.value)


def folded_file(model, path):
    """Writes a model's weights as `yamnet_folded.npz` has them, the last kernels in 8 bits."""
    arrays = {}
    for path_here, array in ((w.path, np.asarray(w.value)) for w in model.weights):
        layer, kind = path_here.split("/")
        theirs = re.sub(r"(layer\d+)_(depthwise|pointwise)_(conv|norm)", r"\1/\2", layer)
        theirs = re.sub(r"layer1_(conv|norm)", "layer1/conv", theirs)
        theirs = theirs.replace("predictions", "logits")
        if kind == "kernel":
            scale = np.full(array.shape[-2 if "depthwise" in layer else -1], 0.01, "float32")
            arrays[f"{theirs}/kernel_q"] = np.round(array / 0.01).astype("int8")
            arrays[f"{theirs}/scale"] = scale * np.arange(1, len(scale) + 1)
        elif kind in ("beta", "bias"):
            arrays[f"{theirs}/bias"] = array
    np.savez(path, **arrays)
    return arrays


def test_the_official_file_is_found_in_kerass_cache(tmp_path, monkeypatch):
    model = randomised(applications.YAMNet(weights=None))
    (tmp_path / "models").mkdir()
    official_file(model, tmp_path / "models" / "yamnet.h5")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delitem(yamnet.PRETRAINED["audioset"], "sha256")  # which is of the official one
    again = applications.YAMNet()
    for one, other in zip(again.weights, model.weights, strict=True):
        np.testing.assert_array_equal(one.value, other.value)
    assert again.labels[:2] == ("Speech", "Child speech, kid speaking")
    headless = applications.YAMNet(include_top=False)
    np.testing.assert_array_equal(headless.weights[0].value, model.weights[0].value)


def test_a_folded_file_is_taken_with_its_scales(tmp_path):
    arrays = folded_file(randomised(applications.YAMNet(weights=None)), tmp_path / "folded.npz")
    model = applications.YAMNet(weights=tmp_path / "folded.npz")
    for layer, theirs in (
        ("layer1_conv", "layer1/conv"),
        ("layer9_pointwise_conv", "layer9/pointwise"),
        ("predictions", "logits"),
    ):
        expected = arrays[f"{theirs}/kernel_q"] * arrays[f"{theirs}/scale"]
        np.testing.assert_allclose(model.get_layer(layer).kernel, expected, rtol=1e-6)
    expected = arrays["layer3/depthwise/kernel_q"][..., 0] * arrays["layer3/depthwise/scale"]
    kernel = model.get_layer("layer3_depthwise_conv").kernel
    np.testing.assert_allclose(kernel[..., 0], expected, rtol=1e-6)
    norm = model.get_layer("layer3_depthwise_norm")
    bias = arrays["layer3/depthwise/bias"]
    zeros = np.zeros((1, 1, 1, len(bias)), "float32")
    np.testing.assert_allclose(norm(zeros)[0, 0, 0], bias, atol=1e-6)
    np.testing.assert_allclose(norm(zeros + 1)[0, 0, 0], bias + 1, atol=1e-6)


def test_a_weight_that_a_file_lacks_is_named_as_it_is_there(tmp_path):
    arrays = folded_file(applications.YAMNet(weights=None), tmp_path / "folded.npz")
    del arrays["layer5/pointwise/scale"]
    np.savez(tmp_path / "folded.npz", **arrays)
    with pytest.raises(InputError, match="lacks the tensor 'layer5/pointwise/kernel'"):
        applications.YAMNet(weights=tmp_path / "folded.npz")


def test_a_tflite_layer_is_turned_to_keras():
    kernel = np.arange(2 * 3 * 3 * 4).reshape(2, 3, 3, 4)
    found = _yamnet_weights.adapt(
        {
            "tower0/network/layer1/conv/Conv2D": kernel,
            "tower0/network/layer12/sepconv/BN;x/depthwise": kernel[:1],
            "tower0/network/layer13/conv/BatchNorm": np.ones(2),
            "network/layer29/fc/biases": np.ones(3),
            "tower0/network/layer28/reduce_mean/reduction_indices": np.ones(2),
            "stft/hann_window": np.ones(400),
        }
    )
    assert set(found) == {
        "layer1/conv/kernel", "layer7/depthwise/kernel", "layer7/pointwise/bias", "logits/bias",
    }  # fmt: skip
    assert found["layer1/conv/kernel"].shape == (3, 3, 4, 2)
    np.testing.assert_array_equal(found["layer7/depthwise/kernel"][..., 0], kernel[0])


def two_parts():
    """A network that sees each half second of a sound by itself."""
    inputs = keras.Input((None,))
    x = audio.LogMelSpectrogram(yamnet.ANALYSIS, name="front_end")(inputs)
    parts = Patches(48, 24, name="patches")(x)
    features = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(parts)
    means = keras.layers.GlobalAveragePooling2D(name="means")(features)
    joined = JoinPatches(48, 24, name="joined")(means, x)
    scores = keras.layers.Dense(5, "sigmoid", name="scored")(joined)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling1D(name="scores")(scores))


@pytest.mark.parametrize("name", ["conv", "means", "joined"])
def test_what_is_seen_in_patches_is_read_an_example_each(rng, name):
    model, waveforms = two_parts(), rng.normal(0, 0.1, (3, 30_000)).astype("float32")
    dream = DeepDream(model, objectives.layer(name), octaves=1, steps=1)
    network = keras.Model(model.input, model.get_layer(name).output)
    alone = [float(np.mean(np.square(network(one[None])))) for one in waveforms]
    np.testing.assert_allclose(dream.score(waveforms), alone, rtol=1e-4)
    assert layers_of_parts(model) == {"patches", "conv", "means"}
    guided = objectives.guided(model, [name], [waveforms[1]])
    weights = guided.terms[0]["settings"]["weights"]
    means = np.mean(network(waveforms[1:2]), axis=tuple(range(len(network.output.shape) - 1)))
    np.testing.assert_allclose(weights, means / np.abs(means).max(), rtol=1e-4)


def test_the_logits_of_pooled_scores_are_those_before_the_pool():
    model = two_parts()
    assert objectives.logit(2).resolved(model).logit_layers == ("scored",)
    assert objectives.channel("scores", 2).resolved(model).layers == ("scores",)


def test_a_dream_on_it_rises_and_stays(weights, esc10):
    model = applications.YAMNet(weights=weights / "yamnet_folded.npz")
    clip = audio.load(esc10 / "009 - Rooster" / "5-194930-A.ogg", 16000)[:, :32000]
    dream = DeepDream(model, objectives.layer("layer9_pointwise_relu"), octaves=2, steps=5)
    result = dream.run(clip, progress=False)
    assert result.gain[0] > 1.5
    assert result.retained[0] > 0.9


def test_a_class_is_dreamed_of_by_its_name(weights, rng):
    model = applications.YAMNet(weights=weights / "yamnet_folded.npz")
    bell = objectives.logit(objectives.find_label(model, "Church bell"))
    noise = rng.normal(0, 0.1, (1, 16000)).astype("float32")
    result = DeepDream(model, bell, octaves=2, steps=5).run(noise, progress=False)
    before, after = (np.asarray(model(s))[0, 195] for s in (noise, result.waveform))
    assert after > before


def test_a_saved_model_classifies_short_sounds_as_the_named_one_does(tmp_path, rng):
    path = tmp_path / "short.wav"
    audio.save(path, rng.normal(0, 0.1, 8000).astype("float32"), 16000)
    applications.YAMNet(weights=None).save(tmp_path / "yamnet.keras")
    model = keras.models.load_model(tmp_path / "yamnet.keras")
    found = classify.classify_file(model, path)
    assert found == classify.classify_file(model, path, family=yamnet)


def test_what_a_file_holds_decides_the_activation(tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"\x1c\0\0\0TFL3")
    (tmp_path / "weights.tflite").write_bytes(b"PK\3\4\0\0\0\0")
    files = {"weights.bin": "relu6", "weights.tflite": "relu", "gone.tflite": "relu"}
    for name, activation in files.items():
        for path in (tmp_path / name, str(tmp_path / name)):
            assert yamnet_model._settle_activation(None, path) == activation
    assert yamnet_model._settle_activation("relu", tmp_path / "weights.bin") == "relu"


def test_the_activation_goes_with_weights_that_are_saved(tmp_path):
    model = randomised(applications.YAMNet(weights=None, activation="relu6"))
    applications.save_weights(model, tmp_path / "w.npz")
    again = applications.YAMNet(weights=tmp_path / "w.npz")
    assert again.get_layer("layer1_relu").max_value == 6
    assert again.weight_settings == {"activation": "relu6"}
    again.save(tmp_path / "m.keras")
    assert applications.registry.read_model(tmp_path / "m.keras").weight_settings == {
        "activation": "relu6"
    }
    with pytest.warns(
        InputWarning, match="w.npz goes with activation='relu6', and yamnet has 'relu'"
    ):
        other = applications.YAMNet(weights=tmp_path / "w.npz", activation="relu")
    assert other.get_layer("layer1_relu").max_value is None


@pytest.mark.parametrize("text", [b"\xff", b"relu6", b"[6]"])
def test_damaged_settings_are_named(text, tmp_path):
    np.savez(tmp_path / "w.npz", settings=np.frombuffer(text, "uint8"))
    with pytest.raises(InputError, match="The settings in .*w.npz are damaged"):
        applications.YAMNet(weights=tmp_path / "w.npz")
