"""What every model can do by itself: preprocess, decode, export, save what it knows."""

import json

import keras
import numpy as np
import pytest

import keras_sounddream
from keras_sounddream import InputError, applications
from keras_sounddream.applications import base, wavenet
from keras_sounddream.applications.squeezenet.model import SqueezeNetModel
from keras_sounddream.audio.mu_law import levels_to_waveform

SMALL_WAVENET = {"dilations": (1, 2), "skip_channels": 5, "residual_channels": 3}


def tiny(width=3, samples=None, rate=100, labels=None, lengths=None):
    """A model of one dense layer on the mean of a waveform."""
    inputs = keras.Input((samples,), name="waveform")
    x = keras.layers.Reshape((-1, 1))(inputs)
    x = keras.layers.GlobalAveragePooling1D()(x)
    x = keras.layers.Dense(width, name="predictions")(x)
    return base.describe(base.AudioModel(inputs, x, name="tiny"), rate, labels, lengths)


@pytest.mark.parametrize(
    ("settings", "length"),
    [
        ({}, 7),
        ({"lengths": {"min_seconds": 0.2}}, 20),
        ({"lengths": {"min_seconds": 0.05, "step_seconds": 0.1}}, 15),
        ({"samples": 12}, 12),
        ({"samples": 5, "lengths": {"min_seconds": 0.2}}, 5),
        ({"rate": 200}, 14),
    ],
)
def test_preprocess_input_knows_the_models_rate_and_lengths(settings, length):
    assert tiny(**settings).preprocess_input(np.zeros(7), 100).shape == (1, length)


def test_preprocess_input_needs_a_rate():
    with pytest.raises(InputError, match="tiny has no sample rate"):
        tiny(rate=None).preprocess_input(np.zeros(7), 100)


def test_strict_is_for_every_model():
    model = tiny(lengths={"min_seconds": 0.2})
    with pytest.raises(InputError, match="at least 20 samples"):
        model.preprocess_input(np.zeros(7), 100, strict=True)


def test_decode_predictions_uses_the_models_own_labels():
    scores = np.array([[0.1, 0.7, 0.2]])
    assert tiny(labels=["a", "b", "c"]).decode_predictions(scores, 2) == [
        [(1, "b", 0.7), (2, "c", 0.2)]
    ]
    assert tiny().decode_predictions(scores, top=1) == [[(1, "1", 0.7)]]
    with pytest.raises(InputError, match=r"shape \(batch, 2\)"):
        tiny(width=2, labels=["a", "b"]).decode_predictions(scores)


def test_families_name_the_classes_of_the_model_that_is_given():
    model = tiny(labels=["new", "newer", "newest"])
    for name in ("log_mel_cnn", "yamnet", "soundnet", "efficientat"):
        family = getattr(applications, name)
        best = family.decode_predictions(np.eye(3)[1:2], top=1, model=model)
        assert best == [[(1, "newer", 1.0)]]
    best = applications.log_mel_cnn.decode_predictions(np.eye(3)[:1], 1, model, labels=["p"] * 3)
    assert best == [[(0, "p", 1.0)]]


def test_scores_by_output_are_named_by_output():
    model = tiny(labels={"kinds": ["a", "b", "c"], "places": ["x", "y"]})
    best = model.decode_predictions({"kinds": np.eye(3)[:1], "places": np.eye(2)[1:]}, 1)
    assert best == {"kinds": [[(0, "a", 1.0)]], "places": [[(1, "y", 1.0)]]}
    assert model.decode_predictions(np.eye(2)[:1], 1) == [[(0, "x", 1.0)]]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (None, {})),
        ({"format": "litert"}, ("litert", {})),
        ({"format": "onnx", "seconds": 1.0}, ("onnx", {"seconds": 1.0})),
        ({"format": "tf_saved_model", "verbose": True}, ("saved_model", {})),
        (
            {"tasks": ["classify"], "overwrite": True},
            (None, {"tasks": ["classify"], "overwrite": 1}),
        ),
    ],
)
def test_export_is_export_model(given, expected, monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(
        keras_sounddream,
        "export_model",
        lambda model, path, format, **options: calls.append((model, path, format, options)) or 7,
        raising=False,
    )
    model = tiny()
    assert model.export(tmp_path / "m", **given) == 7
    assert calls == [(model, tmp_path / "m", *expected)]


def test_an_exported_file_went_through_our_checks(tmp_path):
    model = applications.LogMelCNN(weights=None, classes=2, labels=["dog", "rain"])
    report = model.export(tmp_path / "dog.tflite", tasks=["classify"], seconds=0.5)
    assert report["format"] == "litert"
    assert set(report["tasks"]) == {"classify"}
    assert report["tasks"]["classify"], "measures of the comparison"
    assert json.loads((tmp_path / "dog.tflite.json").read_text())["bytes"] == report["bytes"]


def test_export_names_formats_and_options_that_do_not_exist(tmp_path):
    with pytest.raises(InputError, match="`format` must be one of .*Received: 'openvino'"):
        tiny().export(tmp_path / "m", format="openvino")
    with pytest.raises(TypeError, match="unexpected keyword argument 'input_signature'"):
        tiny().export(tmp_path / "m", input_signature=[])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lengths", [None, {"min_seconds": 0.3, "step_seconds": 0.1}])
@pytest.mark.parametrize("labels", [None, ("a", "b", "c"), {"predictions": ("a", "b", "c")}])
def test_saves_what_it_knows(labels, lengths, tmp_path):
    tiny(labels=labels, lengths=lengths).save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert (again.sample_rate, again.labels, again.lengths) == (100, labels, lengths)
    assert again.preprocess_input(np.zeros(7), 100).shape[1] == (7 if lengths is None else 30)


def test_a_model_that_was_saved_without_lengths_still_loads():
    config = tiny().get_config()
    del config["lengths"]
    again = base.AudioModel.from_config(config)
    assert (again.sample_rate, again.lengths) == (100, None)


def test_a_wavenet_brings_sound_to_its_own_rate_and_receptive_field():
    model = applications.WaveNet(**SMALL_WAVENET, sample_rate=1000)
    assert model.receptive_field == 5
    assert model.preprocess_input(np.ones(2), 1000).shape == (1, 5)
    assert model.preprocess_input(np.ones(400), 4000).shape == (1, 100)
    assert model(model.preprocess_input(np.ones(2), 1000)).shape == (1, 1, 256)
    settled = applications.WaveNet(**SMALL_WAVENET, conditions={"digit": ["one", "two"]})
    assert settled.preprocess_input(np.ones(2), 16000).shape == (1, 5)
    again = wavenet.conditioned(settled, digit="two")
    assert again.preprocess_input(np.ones(2), 16000).shape == (1, 5)


def test_a_wavenet_names_the_samples_of_its_own_levels():
    model = applications.WaveNet(**SMALL_WAVENET, classes=16)
    best = model.decode_predictions(np.eye(16)[None, 3:4], top=1)
    assert best == [[[(3, f"{levels_to_waveform(3, 16):+.5f}", 1.0)]]]
    assert wavenet.decode_predictions(np.eye(16)[3:4], 1, model)[0] == best[0][0]
    named = applications.WaveNet(**SMALL_WAVENET, classes=2, labels=["low", "high"])
    assert named.decode_predictions(np.eye(2)[:1], 1) == [[(0, "low", 1.0)]]


@pytest.mark.parametrize(("version", "least"), [("1.0", 21), ("1.1", 17)])
def test_a_squeezenet_checks_pictures_for_its_own_version(version, least, tmp_path):
    model = applications.SqueezeNet(False, None, version=version)
    assert type(model) is SqueezeNetModel
    assert model.preprocess_input(np.zeros((least, least, 3))).shape == (1, least, least, 3)
    with pytest.raises(InputError, match=f"at least {least} x {least} pixels"):
        model.preprocess_input(np.zeros((least - 1, least, 3)))


def test_a_soundnet_knows_the_least_length_of_its_heads():
    model = applications.SoundNet5(weights=None, classes=2)
    assert model.preprocess_input(np.ones(22050), 22050).shape == (1, 220500)
    for kind in (applications.SoundNet5, applications.SoundNet8):
        heads = kind(weights=None)
        assert heads.preprocess_input(np.ones(22050), 22050).shape == (1, 441000)
        least = round(heads.lengths["least_seconds"] * 22050)
        assert heads(np.ones((1, least), "float32"))["scenes"].shape == (1, 1, 401)
    least = round(model.lengths["least_seconds"] * 22050)
    kept = model.preprocess_input(np.ones(least), 22050, strict=True)
    assert model(kept).shape == (1, 2)
    with pytest.raises(InputError, match=f"at least {least} samples"):
        model.preprocess_input(np.ones(least - 1), 22050, strict=True)
    with pytest.raises(InputError, match="at least 1"):
        model(np.ones((1, least - 1), "float32"))
