"""A served WaveNet: a seed, a length and labels in, the sound of `generate` out."""

import io
import json

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from keras_sounddream import ExportError, InputError, applications, export_model, generate
from keras_sounddream.export import draws, export_generator, export_serving

SMALL = {"dilations": (1, 2, 1), "residual_channels": 6, "dilation_channels": 5}
SMALL |= {"skip_channels": 7, "classes": 16, "sample_rate": 1000}
CONDITIONS = {"genre": ("metal", "rock"), "mood": ("calm", "wild", "odd")}
INPUTS = {"num_samples", "seed", "temperature", "genre", "mood"}


@pytest.fixture(scope="module")
def model():
    model = applications.WaveNet(**SMALL, conditions=CONDITIONS, name="singer")
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.weights])
    return model


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    """Served folder and report."""
    folder = tmp_path_factory.mktemp("singers") / "served"
    return folder, export_serving(model, folder, max_seconds=2)


@pytest.fixture(scope="module")
def loaded(folder):
    return tf.saved_model.load(str(folder[0] / "models" / "singer" / "1")).signatures


def ask(function, rows):
    """Rows of samples, seed, temperature, genre, mood, by one call."""
    names = ("num_samples", "seed", "temperature", "genre", "mood")
    kinds = ("int32", "int32", "float32", "string", "string")
    columns = zip(*rows, strict=True)
    given = {n: tf.constant(c, k) for n, c, k in zip(names, columns, kinds, strict=True)}
    return {name: value.numpy() for name, value in function(**given).items()}


ROWS = [(300, 5, 1.0, "rock", "calm"), (700, 0, 0.7, "metal", "odd"), (1, 9, 0.0, "rock", "wild")]


def test_signatures_are_a_contract(loaded):
    assert set(loaded) == {"serving_default", "generate", "generate_wav"}
    for name, outputs in (("generate", {"waveform"}), ("generate_wav", {"wav_bytes"})):
        specs = loaded[name].structured_input_signature[1]
        assert set(specs) == INPUTS
        assert all(spec.shape.as_list() == [None] for spec in specs.values())
        assert set(loaded[name].structured_outputs) == outputs | {"error"}


def test_a_seed_makes_the_sound_of_generate(loaded, model):
    found = ask(loaded["generate"], ROWS)
    assert found["waveform"].shape == (3, 700)
    for made, (count, seed, heat, genre, mood) in zip(found["waveform"], ROWS, strict=True):
        labels = {"genre": [genre], "mood": [mood]}
        wanted = generate(model, count / 1000, conditions=labels, seed=seed, temperature=heat)
        np.testing.assert_array_equal(made[:count], wanted[0])
        assert not made[count:].any()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((0, 0, 1, "rock", "calm"), "`num_samples` of 1 to 2000, which are 2 s. Received: 0"),
        ((2001, 0, 1, "rock", "calm"), "which are 2 s. Received: 2001"),
        ((9, -1, 1, "rock", "calm"), "`seed` of 0 or more. Received: -1"),
        ((9, 0, -1, "rock", "calm"), "finite `temperature` of 0 or more. Received: -1"),
        ((9, 0, np.nan, "rock", "calm"), "finite `temperature` of 0 or more. Received: nan"),
        ((9, 0, 1, "", "calm"), "Expected a `genre`: metal, rock. Received: "),
        ((9, 0, 1, "rock", "sad"), "Expected a `mood`: calm, wild, odd. Received: sad"),
    ],
)
def test_a_row_at_fault_says_why_and_leaves_the_others_alone(loaded, row, message):
    found = ask(loaded["generate"], [row, ROWS[0]])
    said = [error.decode() for error in found["error"]]
    assert said[0].endswith(message)
    assert said[1] == ""
    assert np.isnan(found["waveform"][0]).all()
    alone = ask(loaded["generate"], [ROWS[0]])
    np.testing.assert_array_equal(found["waveform"][1:], alone["waveform"])
    files = ask(loaded["generate_wav"], [row, ROWS[0]])
    assert files["wav_bytes"][0] == b""
    samples, rate = soundfile.read(io.BytesIO(files["wav_bytes"][1]), dtype="float32")
    assert rate == 1000
    np.testing.assert_allclose(samples, alone["waveform"][0], atol=2**-15)


def test_the_report_and_what_lies_beside_the_graph(folder):
    served, report = folder
    assert report["tasks"]["generate"]["equal"] == 1
    assert report["served_version"] == 1
    version = served / "models" / "singer" / "1"
    metadata = json.loads((version / "assets" / "sounddream.json").read_text())
    assert metadata["tasks"] == ["generate"]
    assert metadata["labels"] == {name: list(labels) for name, labels in CONDITIONS.items()}
    assert (version / "assets.extra" / "tf_serving_warmup_requests").stat().st_size > 500
    assert "singer" in (served / "models.config").read_text()


def test_another_sound_is_refused(model, tmp_path, monkeypatch):
    other = lambda *_, **__: np.full((1, 500), 9, "float32")  # noqa: E731
    monkeypatch.setattr(draws, "generate", other)
    with pytest.raises(ExportError, match="once exported: with 4 of 4 seeds, after 0 samples"):
        export_model(model, tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("settings", "options", "message"),
    [
        ({"local_channels": 2}, {}, "local condition, which no file takes"),
        ({"conditions": {"seed": ("a",)}}, {}, "a file has a `seed` of its own"),
        ({}, {"seconds": 2}, "is exported without `seconds`: leave it out"),
        ({}, {"sounds": ["a.wav"]}, "is exported without `sounds`: leave it out"),
        ({}, {"max_seconds": 0}, "`max_seconds` must be finite and above 0. Received: 0"),
    ],
)
def test_what_no_folder_holds_is_named(settings, options, message, tmp_path):
    model = applications.WaveNet(**SMALL, **settings)
    with pytest.raises(InputError, match=message):
        export_model(model, tmp_path / "out", **options)
    assert not list(tmp_path.iterdir())


def test_export_generator_writes_the_same(model, tmp_path):
    report = export_generator(model, tmp_path / "out", "saved_model", verify=False)
    assert report["format"] == "saved_model"
    assert (tmp_path / "out" / "saved_model.pb").exists()
