"""`sounddream train filter`, `export dream_filter` and `live`, from sounds to a stream."""

import io
import sys
import types

import numpy as np
import pytest

from keras_sounddream import audio
from keras_sounddream.cli.main import main
from keras_sounddream.filters import DreamFilter
from keras_sounddream.lite import encode_pcm
from keras_sounddream.training.filters import fit


def test_a_filter_is_trained_exported_and_played(small_model, chirp, tmp_path, monkeypatch, capsys):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    monkeypatch.setattr(fit, "_EPOCH_STEPS", 1)
    monkeypatch.chdir(tmp_path)
    small_model.save("small.keras")
    (tmp_path / "sounds").mkdir()
    for name in ("a.wav", "5-b.wav"):
        audio.save(f"sounds/{name}", chirp, 24000)
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
