"""`sounddream examples`: three sounds where one works, from a checkout and from a wheel."""

import pytest

from keras_sounddream import InputError
from keras_sounddream.cli.main import main
from keras_sounddream.workflows import copy_examples
from keras_sounddream.workflows.examples import example_sounds

NAMES = ["melody.flac", "rhythm.flac", "speech.flac"]


def test_copies_the_three_sounds(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["examples"]) == 0
    assert sorted(path.name for path in (tmp_path / "examples").iterdir()) == NAMES
    assert [line.split("/")[-1] for line in capsys.readouterr().out.split()] == NAMES
    for path in example_sounds():
        assert (tmp_path / "examples" / path.name).read_bytes() == path.read_bytes()


def test_replaces_nothing_unless_told_to(tmp_path, capsys):
    (tmp_path / "rhythm.flac").write_text("mine")
    assert main(["examples", str(tmp_path)]) == 2
    assert "rhythm.flac" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["rhythm.flac"]
    assert main(["examples", str(tmp_path), "--force"]) == 0
    assert (tmp_path / "rhythm.flac").read_bytes()[:4] == b"fLaC"


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Expected a folder. Received a file"):
        copy_examples(tmp_path / "file")


def test_an_installed_package_has_them_inside(tmp_path, monkeypatch):
    from keras_sounddream.workflows import examples

    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "a.flac").write_text("")
    monkeypatch.setattr(examples, "_PACKAGE", tmp_path)
    assert [path.name for path in examples.example_sounds()] == ["a.flac"]
    (tmp_path / "examples" / "a.flac").unlink()
    with pytest.raises(InputError, match="install it anew"):
        copy_examples(tmp_path / "to")
