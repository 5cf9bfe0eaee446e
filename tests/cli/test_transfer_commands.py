"""`sounddream probe` and `sounddream finetune`: what they write, and one line for bad input."""

import json

import pytest
from made_clips import folder_a_class

from keras_sounddream.cli.main import main
from keras_sounddream.training.transfer import sound_networks

DATA = ("--data", "clips")
CLIP = "clips/low/low.00000.wav"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder_a_class(tmp_path / "clips", 5)
    return tmp_path


def test_probe_prints_a_line_a_layer_and_keeps_features(folder, capsys):
    layers = ("--layer", "front_end", "--layer", "pooled")
    assert main(["probe", "log_mel_cnn", *layers, *DATA, "--json", "out.json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["front_end", "pooled"]
    found = json.loads((folder / "out.json").read_text())
    assert found["labels"] == ["high", "low", "noise"]
    assert found["layers"]["pooled"]["mean"] > 0.8
    assert list(found["layers"]["pooled"]["folds"]) == ["1", "2", "3", "4", "5"]
    assert len(list((folder / "features").glob("*.npz"))) == 2


def test_finetune_writes_weights_that_classify_knows(folder, capsys, monkeypatch):
    monkeypatch.setattr(sound_networks, "CROP_SECONDS", 0.4)
    run = ("--fold", "2", "--epochs", "1", "--folder", "state")
    assert main(["finetune", "log_mel_cnn", *DATA, "-o", "mine.npz", *run]) == 0
    assert "mine.npz: " in capsys.readouterr().out
    clip = next((folder / "clips" / "low").iterdir())
    assert main(["classify", str(clip), "--model", "log_mel_cnn", "--weights", "mine.npz"]) == 0
    shown = capsys.readouterr().out
    assert all(label in shown for label in ("high", "low", "noise"))


PROBE = ["probe", "log_mel_cnn", *DATA]
TUNE = ["finetune", "log_mel_cnn", *DATA]
BAD = {
    "no layer": (PROBE, "--layer"),
    "layer": ([*PROBE, "--layer", "poolled"], "Did you mean pooled"),
    "protocol": ([*PROBE, "--layer", "pooled", "--protocol", "x"], "no protocol 'x'"),
    "data": (["probe", "log_mel_cnn", "--layer", "pooled", "--data", "no"], "no folder no"),
    "output": ([*TUNE, "-o", "mine.h5"], ".npz or a .keras"),
    "own": (
        ["finetune", "my.keras", *DATA, "-o", "a.npz"],
        "my.keras as a Keras model: there is",
    ),
    "seed": ([*PROBE, "--layer", "pooled", "--seed", "-1"], "-1 is not in the range"),
    "cache": ([*PROBE, "--layer", "pooled", "--cache", CLIP], "Expected a folder"),
    "folder": ([*TUNE, "-o", "a.npz", "--folder", CLIP], "Expected a folder"),
    "rate": ([*TUNE, "-o", "a.npz", "--learning-rate", "nan"], "nan is not a finite number"),
    "endless": ([*TUNE, "-o", "a.npz", "--learning-rate", "inf"], "inf is not a finite number"),
    "tuning seed": ([*TUNE, "-o", "a.npz", "--seed", "-1"], "-1 is not in the range"),
    "both": ([*TUNE, "-o", "a.npz", "--fold", "1", "--all-clips"], "leave one out"),
    "unfreeze": ([*TUNE, "-o", "a.npz", "--unfreeze", "blok4*"], "Did you mean block4"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_exit_code_2(folder, capsys, case):
    arguments, message = BAD[case]
    assert main(arguments) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert message in said
    assert not list(folder.glob("*.npz"))
