"""Folders are either whole or not there."""

import pytest

from keras_sounddream import InputError
from keras_sounddream.files import folder_beside


def make(path, **options):
    with folder_beside(path, **options) as folder:
        (folder / "mark").write_text("new")


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
