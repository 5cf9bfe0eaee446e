"""`train filter`, `export dream_filter`, `filter` and `live`: from files to files and a stream."""

import io
import sys
import types
import warnings

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, audio
from keras_sounddream.applications import save_weights
from keras_sounddream.audio.io import read_channels
from keras_sounddream.cli.main import main
from keras_sounddream.errors import InputWarning
from keras_sounddream.filters import DreamFilter, PictureFilter
from keras_sounddream.images.io import load_picture, save_picture
from keras_sounddream.lite import encode_pcm
from keras_sounddream.training.filters import fit
from keras_sounddream.workflows import filter_file


def test_a_filter_is_trained_exported_and_played(small_model, chirp, tmp_path, monkeypatch, capsys):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    monkeypatch.setattr(fit, "_EPOCH_STEPS", 1)
    monkeypatch.chdir(tmp_path)
    small_model.save("small.keras")
    (tmp_path / "sounds").mkdir()
    for name in ("a.wav", "5-b.wav"):
        audio.save(f"sounds/{name}", chirp, 24000)
    save_picture("sounds/cover.jpg", np.zeros((9, 9, 3)))  # as music has them
    command = ["train", "filter", "--model", "small.keras", "--layer", "conv2", "--data", "sounds"]
    command += ["--steps", "2", "--batch-size", "1", "--crop-seconds", "0.2"]
    command += ["--leave-out", "5-*", "--strength", "0.25", "-o", "mine.npz"]
    assert main(command) == 0
    assert "mine.npz: 449,090 weights, 2 steps" in capsys.readouterr().out
    model = DreamFilter("mine.npz")
    assert model.get_layer("mask").mask_db == 20
    export = ["export", "dream_filter", "--weights", "mine.npz", "-o", "mine.tflite"]
    assert main(export) == 0
    assert "filter       differs by" in capsys.readouterr().out
    raw, out = b"".join(encode_pcm(chirp)), io.BytesIO()
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(raw)))
    stdout = types.SimpleNamespace(buffer=out, flush=lambda: None, write=None, isatty=lambda: False)
    monkeypatch.setattr(sys, "stdout", stdout)
    assert main(["live", "mine.tflite", "-", "-o", "-"]) == 0
    heard = np.frombuffer(out.getvalue(), "<i2") / 32768
    np.testing.assert_allclose(heard, np.asarray(model(chirp))[0], atol=1e-4)


def test_a_filter_learns_the_style_of_a_file(small_model, chirp, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fit, "_EPOCH_STEPS", 1)
    monkeypatch.chdir(tmp_path)
    small_model.save("small.keras")
    (tmp_path / "sounds").mkdir()
    audio.save("sounds/a.wav", chirp, 24000)
    audio.save("hiss.wav", np.random.default_rng(0).normal(0, 0.1, (1, 12000)), 16000)
    command = ["train", "filter", "--model", "small.keras", "--data", "sounds", "-o", "mine.npz"]
    command += ["--steps", "2", "--batch-size", "1", "--crop-seconds", "0.2"]
    assert main([*command, "--style", "hiss.wav", "--style-layer", "conv1:gram:time"]) == 0
    assert "mine.npz: 449,090 weights, 2 steps" in capsys.readouterr().out
    before, after = chirp, np.asarray(DreamFilter("mine.npz")(chirp))
    assert np.abs(after - before).max() > 1e-4


def test_a_filter_of_pictures_is_trained_used_and_exported(tmp_path, monkeypatch, capsys):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    monkeypatch.setattr(fit, "_EPOCH_STEPS", 1)
    monkeypatch.chdir(tmp_path)
    inputs = keras.Input((None, None, 3))
    keras.Model(inputs, keras.layers.Conv2D(4, 3, 2, name="edges")(inputs)).save("eye.keras")
    (tmp_path / "photos").mkdir()
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.jpg"):
        save_picture(f"photos/{name}", rng.uniform(0, 255, (40, 60, 3)))
    command = ["train", "filter", "--model", "eye.keras", "--layer", "edges", "--data", "photos"]
    command += ["--steps", "4", "--batch-size", "1", "--crop-pixels", "32", "--leave-out", "b*"]
    assert main([*command, "--learning-rate", "0.1", "-o", "mine.npz"]) == 0
    assert "mine.npz: 238,659 weights, 4 steps" in capsys.readouterr().out
    apply = ["filter", "photos/b.jpg", "--weights", "mine.npz", "-o", "dream.png"]
    assert main(apply) == 0
    photo = load_picture("photos/b.jpg")
    expected = np.round(PictureFilter("mine.npz")(photo))
    np.testing.assert_array_equal(load_picture("dream.png"), expected)
    assert np.abs(expected - photo).max() >= 1
    assert main(apply) == 2
    assert "dream.png" in capsys.readouterr().err
    export = ["export", "picture_filter", "--weights", "mine.npz", "-o", "mine.tflite"]
    assert main([*export, "--size", "40x60", "--sound", "photos/a.png"]) == 0
    assert "filter" in capsys.readouterr().out


def test_a_filtered_sound_keeps_its_rate_channels_length_and_bits(tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    sound = 0.1 * rng.normal(size=(2, 48000 + 7)).astype("float32")
    audio.save("in.wav", sound, 48000, 24, channels=True)
    assert main(["filter", "in.wav", "-o", "out.flac", "--weights", "rooster"]) == 0
    dreamed, rate, coding = read_channels("out.flac")
    assert (dreamed.shape, rate, coding) == (sound.shape, 48000, "FLAC PCM_24")
    assert 0.8 < np.std(dreamed) / np.std(sound) < 1.2
    assert np.abs(dreamed - sound).max() > 0.01
    mono = audio.resample(sound.mean(0, keepdims=True), 48000, 24000)
    wanted, found = np.asarray(DreamFilter("rooster")(mono)), audio.load("out.flac", 24000)
    assert np.corrcoef(wanted[0], found[0, : wanted.shape[1]])[0, 1] > 0.98


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.full((1, 9000), 2.7), "The peak is 2.7: scale it down"),
        (np.stack([np.ones(9000), -np.ones(9000)]) / 2, "but in.wav is silent"),
    ],
    ids=["loud", "cancelled"],
)
def test_a_sound_that_no_dream_takes_is_not_filtered(tmp_path, monkeypatch, samples, message):
    monkeypatch.chdir(tmp_path)
    audio.save("in.wav", samples, 24000, 32, channels=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        with pytest.raises(InputError, match=message):
            filter_file("in.wav", "out.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["in.wav"]


def test_a_filter_that_changes_nothing_leaves_a_sound(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    save_weights(DreamFilter(None), "none.npz")
    audio.save("in.wav", chirp, 16000)
    assert main(["filter", "in.wav", "-o", "out.wav", "--weights", "none.npz"]) == 0
    np.testing.assert_allclose(read_channels("out.wav")[0], read_channels("in.wav")[0], atol=1e-3)


def test_a_filter_in_a_model_file_is_used(tmp_path, monkeypatch, chirp, capsys):
    monkeypatch.chdir(tmp_path)
    audio.save("in.wav", chirp, 24000)
    DreamFilter("rooster").save("rooster.keras")
    assert main(["filter", "in.wav", "-o", "key.wav", "--weights", "rooster"]) == 0
    assert main(["filter", "in.wav", "-o", "file.wav", "--weights", "rooster.keras"]) == 0
    assert (tmp_path / "key.wav").read_bytes() == (tmp_path / "file.wav").read_bytes()
    capsys.readouterr()
    save_picture("in.png", np.full((1, 20, 20, 3), 99.0))
    assert main(["filter", "in.png", "-o", "out.png", "--weights", "rooster.keras"]) == 2
    said = "Expected a filter of pictures, but rooster.keras holds another model."
    assert said in capsys.readouterr().err
