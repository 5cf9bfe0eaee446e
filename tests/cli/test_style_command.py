"""`sounddream style`: sounds and pictures in, one out; its line and figures."""

import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from keras_sounddream.cli.commands import style as style_command
from keras_sounddream.cli.main import main
from keras_sounddream.workflows.style import masks

QUICK = ["--octaves", "1", "--steps", "2"]


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp, small_model):
    monkeypatch.chdir(tmp_path)
    soundfile.write("chirp.flac", np.stack([chirp[0], 0.5 * chirp[0]], 1), 44100)
    soundfile.write("hiss.wav", np.random.default_rng(0).normal(0, 0.01, 12000), 16000)
    monkeypatch.setattr(style_command, "load_any", lambda *_, **__: (small_model, {}))
    monkeypatch.setattr("keras_sounddream.applications.pretrained.layer_names", lambda name: None)
    return tmp_path


def test_a_sound_keeps_its_rate_channels_and_loudness(folder, capsys):
    layers = ["--style-layer", "conv1:gram:time", "--content-layer", "conv2"]
    line = ["style", "chirp.flac", "hiss.wav", "-o", "out.flac"]
    assert main([*line, "--json", "f.json", *layers, *QUICK]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("out.flac: the objective, the style of hiss.wav + 0.1 × the content")
    assert "of the sound is lost" in shown
    before, after = soundfile.read("chirp.flac")[0], soundfile.read("out.flac")[0]
    assert soundfile.info("out.flac").samplerate == 44100
    assert after.shape == before.shape
    np.testing.assert_allclose(np.std(after), np.std(before), rtol=0.02)
    figures = json.loads((folder / "f.json").read_text())
    assert figures["objective_before"] < figures["objective_real"] < 0
    assert main([*line, *QUICK]) == 2
    assert "out.flac" in capsys.readouterr().err  # it exists


def test_two_styles_with_spans_and_shares(folder):
    spans = ["--mask", ":0.2", "--mask", "0.2:", "--share", "2", "--share", "1"]
    line = [
        "style",
        "chirp.flac",
        "hiss.wav",
        "chirp.flac",
        "-o",
        "out.wav",
        "--begin-with",
        "noise",
    ]
    assert main([*line, *spans, "--mono", *QUICK]) == 0
    assert soundfile.info("out.wav").channels == 1


def test_a_span_outside_the_sound_is_refused(folder, capsys):
    assert main(["style", "chirp.flac", "hiss.wav", "-o", "out.wav", "--mask", "7:9"]) == 2
    assert "Expected a mask within the sound, which lasts 0.54 s" in capsys.readouterr().err
    assert not (folder / "out.wav").exists()


def test_cells_of_a_span_have_their_share_of_it():
    mask = masks.sound_mask("0.05:0.1", 0.2)  # ten cells of 20 ms
    np.testing.assert_allclose(mask, [0, 0, 0.5, 1, 1, 0, 0, 0, 0, 0], atol=1e-6)


def test_a_picture_with_a_mask(folder, monkeypatch, capsys):
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", name="conv")(inputs)
    eye = keras.Model(inputs, keras.layers.MaxPooling2D()(x), name="eye")
    eye.save("eye.keras")
    monkeypatch.setattr(style_command, "load_any", lambda *_, **__: (eye, {}))
    rng = np.random.default_rng(0)
    for name, shape in {"a.png": (24, 32, 3), "b.png": (40, 20, 3)}.items():
        Image.fromarray(rng.integers(0, 255, shape).astype("uint8")).save(name)
    Image.fromarray(np.repeat([[0, 255]], 2, 0).astype("uint8").repeat(16, 1)).save("m.png")
    line = ["style", "a.png", "b.png", "--model", "eye.keras", "--average-pooling", *QUICK]
    options = ["--content-weight", "0", "--mask", "m.png", "--roll-pixels", "0"]
    assert main([*line, *options, "-o", "out.png"]) == 0, capsys.readouterr().err
    change = np.abs(np.asarray(Image.open("out.png"), float) - np.asarray(Image.open("a.png")))
    assert change[:, :12].max() == 0 < change[:, 20:].mean()
    assert main([*line, "-o", "none.png", "--mask", "1:2"]) == 2
    assert "1:2" in capsys.readouterr().err
