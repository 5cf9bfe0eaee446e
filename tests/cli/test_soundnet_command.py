"""SoundNet on the command line: by a file of weights, and asked for where there is none."""

import json

import numpy as np
import pytest
import soundfile

from keras_sounddream import applications, audio
from keras_sounddream.applications import weights
from keras_sounddream.cli.main import main

QUICK = ("--octaves", "1", "--steps", "1", "--json", "out.json", "--force")


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    audio.save("second.wav", chirp, 24000)
    audio.save("tenth.wav", np.tile(chirp, (1, 10)), 24000)
    return tmp_path


def test_dreams_with_a_file_of_weights(folder):
    weights.save(applications.SoundNet5(weights=None), "w.npz", dtype="float32")
    dream = ("--model", "SoundNet5", "--weights", "w.npz", "-o", "out.wav", *QUICK)
    assert main(["dream", "second.wav", "--layer", "conv4", *dream]) == 0
    assert soundfile.info("out.wav").samplerate == soundfile.info("second.wav").samplerate
    assert json.loads((folder / "out.json").read_text())["gain"] > 1
    assert main(["dream", "tenth.wav", "--class", "zen garden", *dream]) == 0
    named = json.loads((folder / "out.json").read_text())["name"]
    assert named == "zen garden"


def test_says_in_one_line_what_to_fetch_and_what_is_too_short(folder, capsys):
    command = ["dream", "second.wav", "-o", "out.wav", "--model"]
    for name, file in (("soundnet", "sound8.npy"), ("SoundNet5", "soundnet5_final.t7")):
        assert main([*command, name, "--layer", "conv4"]) == 2
        said = capsys.readouterr().err
        assert "Fetch http" in said
        assert f"put it at {folder}/models/{file}" in said
        assert said.count("\n") == 1
    weights.save(applications.SoundNet5(weights=None), "w.npz")
    assert main([*command, "SoundNet5", "--weights", "w.npz", "--layer", "scenes"]) == 2
    assert "1.000 s of sound are too few for layer 'scenes'" in capsys.readouterr().err
