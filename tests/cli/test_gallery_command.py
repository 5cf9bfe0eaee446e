"""`sounddream gallery`."""

import re

import pytest

from keras_sounddream import audio
from keras_sounddream.cli.main import main

QUICK = ("--octaves", "1", "--steps", "2")


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    audio.save("chirp.wav", chirp, 24000)
    return tmp_path


def test_gallery_writes_sounds_pictures_and_a_page(folder, capsys):
    layers = ("--layer", "block1_conv2", "--layer", "block3_conv2:5")
    assert main(["gallery", "chirp.wav", "g", *layers, *QUICK]) == 0
    assert re.search(r"g/index.html: 2 dreams; block\S+ went furthest", capsys.readouterr().out)
    assert {path.suffix for path in (folder / "g").iterdir()} == {".wav", ".png", ".html", ".json"}
    times = {path: path.stat().st_mtime_ns for path in (folder / "g").glob("block*")}
    assert len(times) == 4
    assert main(["gallery", "chirp.wav", "g", *layers, *QUICK]) == 0
    assert times == {path: path.stat().st_mtime_ns for path in times}
    assert main(["gallery", "chirp.wav", "g", *layers, *QUICK, "--force"]) == 0
    assert all(path.stat().st_mtime_ns > time for path, time in times.items())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.wav", "g"], "there is no missing.wav"),
        (["chirp.wav"], "Missing argument 'DIR'"),
        (["chirp.wav", "chirp.wav"], "Expected a folder. Received: chirp.wav"),
        (["chirp.wav", "g", "--layer", "block9"], "no layer 'block9'"),
        (["chirp.wav", "g", "--steps", "0"], "'--steps'"),
        (["chirp.wav", "g", "--model", "missing.keras"], "there is no such file"),
    ],
)
def test_bad_input_is_one_line_exit_code_2_and_no_file(folder, capsys, arguments, message):
    assert main(["gallery", *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("sounddream: ") == 1
    assert [path.name for path in folder.iterdir()] == ["chirp.wav"]
