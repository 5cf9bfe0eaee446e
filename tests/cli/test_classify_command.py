"""`sounddream classify`: several outputs, time steps, and bad files among good ones."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_sounddream import audio
from keras_sounddream.applications import base
from keras_sounddream.cli.main import main


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    audio.save("chirp.wav", chirp, 24000)
    (tmp_path / "text.wav").write_text("no sound")
    inputs = keras.Input((None,), name="waveform")
    x = keras.layers.AveragePooling1D(4800)(keras.layers.Reshape((-1, 1))(inputs))
    heads = {name: keras.layers.Dense(2, name=f"{name}_top")(x) for name in ("kind", "place")}
    labels = {"kind": ("dog", "cat"), "place": ("in", "out")}
    base.describe(base.AudioModel(inputs, heads, name="two"), 24000, labels).save("two.keras")
    return tmp_path


def test_several_outputs_are_named_step_by_step(folder, capsys):
    words = ["chirp.wav", "--model", "two.keras", "--top", "2"]
    assert main(["classify", *words, "--per-step", "--json", "steps.json"]) == 0
    shown = capsys.readouterr().out
    assert "\n  kind\n" in shown
    assert "    0.20 to 0.40 s: " in shown
    steps = json.loads((folder / "steps.json").read_text())["chirp.wav"]
    assert set(steps["scores"]) == {"kind", "place"}
    assert [step["start"] for step in steps["steps"]["place"]] == [0, 0.2, 0.4, 0.6, 0.8]
    assert {one["label"] for one in steps["steps"]["place"][0]["scores"]} == {"in", "out"}
    assert main(["classify", *words, "--json", "whole.json"]) == 0
    whole = json.loads((folder / "whole.json").read_text())["chirp.wav"]
    assert whole == steps["scores"]


@pytest.mark.parametrize("words", [["--per-step"], []])
def test_bad_files_are_named_and_the_others_answered(folder, capsys, words):
    inputs = ["text.wav", "chirp.wav", "gone.wav", "."]
    assert main(["classify", *inputs, "--json", "out.json", *words]) == 2
    shown = capsys.readouterr()
    assert list(json.loads((folder / "out.json").read_text())) == ["chirp.wav"]
    assert shown.out.startswith("chirp.wav\n")
    lines = shown.err.splitlines()
    assert [line.startswith("sounddream: ") for line in lines] == [True] * 3
    for name, line in zip(("text.wav", "gone.wav", ". is"), lines, strict=True):
        assert name in line


def test_what_names_reveal_is_known_before_tensorflow_is_loaded(folder):
    script = (
        "import sys\n"
        "from keras_sounddream.cli.main import main\n"
        "codes = [main(['classify', *words]) for words in (['no.wav', '.'], ['text.wav', '--json',"
        " 'no/x.json'])]\n"
        "sys.exit('tensorflow' in sys.modules or codes != [2, 2])\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "there is no no.wav" in run.stderr


def test_scores_that_are_no_shares_are_shown_as_they_are(folder, capsys):
    audio.save("flat.wav", np.full((1, 24000), 0.5), 24000)
    assert main(["classify", "flat.wav", "--model", "two.keras"]) == 0
    shares = [word for word in capsys.readouterr().out.split() if "%" in word]
    model = keras.models.load_model("two.keras", compile=False)
    scores = np.concatenate([one.numpy()[0, 0] for one in model(np.full((1, 4800), 0.5)).values()])
    assert len(shares) == ((scores >= 0) & (scores <= 1)).sum()
