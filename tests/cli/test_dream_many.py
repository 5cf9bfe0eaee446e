"""`sounddream dream` of several files: one model, a line for each, 2 if one failed."""

import json

import numpy as np
import pytest
import soundfile

from keras_sounddream.applications import pretrained
from keras_sounddream.cli.commands import dream as dream_command
from keras_sounddream.cli.main import main


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp, small_model):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    soundfile.write("in/a.wav", np.stack([chirp[0], 0.5 * chirp[0]], 1), 44100)
    soundfile.write("in/b.flac", chirp[0], 16000)
    loaded = []
    monkeypatch.setattr(
        dream_command, "load_any", lambda *_, **__: loaded.append(1) or (small_model, {})
    )
    monkeypatch.setattr(pretrained, "layer_names", lambda name: None)  # of another network
    return loaded


QUICK = ["--layer", "conv2", "--octaves", "1", "--steps", "2"]


def test_files_of_a_folder_are_dreamed_and_a_bad_one_is_a_line(folder, tmp_path, capsys):
    (tmp_path / "in" / "bad.wav").write_text("no sound")
    assert main(["dream", "in", "-o", "out", "--json", "f.json", "--mono", *QUICK]) == 2
    shown = capsys.readouterr()
    assert [line.split(":")[0] for line in shown.out.splitlines()] == ["out/a.wav", "out/b.flac"]
    assert "sounddream: Cannot read in/bad.wav as sound" in shown.err
    assert sorted(json.loads((tmp_path / "f.json").read_text())) == ["in/a.wav", "in/b.flac"]
    assert (soundfile.info("out/a.wav").samplerate, soundfile.info("out/a.wav").channels) == (
        44100,
        1,
    )
    assert folder == [1]
    (tmp_path / "in" / "bad.wav").unlink()
    assert main(["dream", "in/a.wav", "in/b.flac", "-o", "out", *QUICK]) == 0
    assert capsys.readouterr().out.count("exists: left as it is") == 2


BAD = {
    "a file for several": (["in", "-o", "out.wav"], "Expected a folder to write several dreams"),
    "a plot": (["in", "-o", "out", "--plot", "p.png"], "--plot shows one dream"),
    "nothing": (["empty", "-o", "out"], "Expected files to dream on, but there are none in empty"),
    "a guide": (["in", "-o", "out", "--guide", "gone.wav"], "there is no gone.wav"),
    "in place": (["in", "-o", "in"], "The dream of in/a.wav would replace it"),
    "a region": (
        ["in", "-o", "out", "--to", "0"],
        "Invalid value for '--to'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes_are_one_line_before_a_model_is_loaded(case, folder, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    words, message = BAD[case]
    assert main(["dream", *words]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert not folder
    assert not (tmp_path / "out").exists()
