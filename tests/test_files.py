"""Files and folders are either complete or not there."""

import errno
import os
import pathlib

import pytest

from keras_sounddream import InputError
from keras_sounddream.files import check_output, folder_beside, keep_folder, written_beside


def make(path, **options):
    with folder_beside(path, **options) as folder:
        (folder / "mark").write_text("new")


def write(path, text, error=None):
    """Replaces a file, or fails after it was written."""
    with written_beside(path, overwrite=error is not None) as temporary:
        temporary.write_text(text)
        if error is not None:
            raise error


def test_a_folder_appears_whole(tmp_path):
    make(tmp_path / "deep" / "out")
    assert (tmp_path / "deep" / "out" / "mark").read_text() == "new"
    assert len(list((tmp_path / "deep").iterdir())) == 1


def test_a_failure_leaves_what_was(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mark").write_text("old")

    def fail():
        with folder_beside(tmp_path / "out", overwrite=True) as folder:
            (folder / "mark").write_text("half")
            raise KeyError("fail")

    with pytest.raises(KeyError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "mark").read_text() == "old"


def test_replacing_leaves_nothing_of_what_was(tmp_path):
    make(tmp_path / "out")
    (tmp_path / "out" / "more").write_text("old")
    with pytest.raises(InputError, match="out exists"):
        make(tmp_path / "out")
    make(tmp_path / "out", overwrite=True, holds="mark")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mark"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(InputError, match="holds something else \\(no saved_model.pb\\)"):
        make(tmp_path, overwrite=True, holds="saved_model.pb")
    with pytest.raises(InputError, match="is a file"):
        make(tmp_path / "thesis.txt", overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years"


def test_a_failed_replacement_puts_the_former_folder_back(tmp_path, monkeypatch):
    make(tmp_path / "out")
    rename = pathlib.Path.rename

    def fail(path, target):
        if path.name.endswith(".old") or target.name.endswith(".old"):
            return rename(path, target)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pathlib.Path, "rename", fail)
    with pytest.raises(InputError, match="Cannot write .*out: No space left on device"):
        make(tmp_path / "out", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "mark").read_text() == "new"


def test_a_folder_inside_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="Cannot write .*file/out: "):
        make(tmp_path / "file" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "Expected a file to write, but .* is a folder. Give a file name"),
        ("folder", "Expected a file to write, but .*folder is a folder"),
        ("nowhere/out.wav", "The folder .*nowhere for out.wav does not exist. Make it first"),
        ("file/out.wav", "The folder .*file for out.wav does not exist"),
        ("file", r"file exists. Choose another name, or replace it with --force"),
    ],
)
@pytest.mark.parametrize("attempt", [check_output, lambda path: write(path, "new")])
def test_a_path_that_cannot_be_written_is_one_error(name, message, attempt, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=message) as caught:
        attempt(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_without_the_right_to_write_is_one_error(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(InputError, match="cannot be written to. Choose another one"):
        check_output(tmp_path / "out.wav")


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_a_path_that_can_be_written_is_a_path(kind, tmp_path):
    assert check_output(kind(tmp_path / "out.wav")) == tmp_path / "out.wav"
    (tmp_path / "out.wav").write_text("mine")
    assert check_output(kind(tmp_path / "out.wav"), overwrite=True) == tmp_path / "out.wav"
    assert (tmp_path / "out.wav").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "suffix"), [("a.wav", ".wav"), ("a.tar.gz", ".tar.gz"), ("a", ""), ("a.b.c.d", ".c.d")]
)
def test_a_file_is_written_under_another_name_with_its_suffixes(name, suffix, tmp_path):
    with written_beside(tmp_path / name) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name != name
        assert temporary.name.endswith(suffix)
        temporary.write_text("new")
        assert not (tmp_path / name).exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "new"


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, MemoryError])
def test_a_failed_write_leaves_the_former_file(error, tmp_path):
    (tmp_path / "a.wav").write_text("old")
    with pytest.raises(error):
        write(tmp_path / "a.wav", "half", error)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_text() == "old"


def test_an_error_of_the_system_is_named_with_the_file_asked_for(tmp_path):
    with (
        pytest.raises(InputError, match="Cannot write .*a.wav: No space left on device."),
        written_beside(tmp_path / "a.wav"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    with (
        pytest.raises(InputError, match="Cannot write .*b.wav: No such file"),
        written_beside(tmp_path / "b.wav"),
    ):
        pass  # nothing was written
    assert not list(tmp_path.iterdir())


def test_a_folder_to_keep_things_in_is_made_once(tmp_path):
    for _ in range(2):
        assert keep_folder(str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("mine")
    for name in ("file", "file/inside"):
        with pytest.raises(InputError, match="Expected a folder, but .* cannot be made: "):
            keep_folder(tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"
