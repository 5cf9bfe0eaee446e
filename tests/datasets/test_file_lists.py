"""Lists of sound files: hidden files, labels from folders, durations."""

import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError
from keras_sounddream.datasets.file_lists import (
    SoundFiles,
    find_sounds,
    list_folder,
    measure,
    read_rows,
)


@pytest.fixture
def folder(tmp_path):
    """Sounds of 0.5 and 1 s in two folders, hidden ones beside them."""
    for name, seconds in (("a/one.wav", 0.5), ("b/deep/two.flac", 1.0), (".c/three.wav", 1.0)):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        soundfile.write(path, np.zeros(round(8000 * seconds)), 8000)
    (tmp_path / "notes.txt").write_text("no sound")
    return tmp_path


def test_hidden_folders_and_other_files_are_left_out(folder):
    assert [path.name for path in find_sounds(folder)] == ["one.wav", "two.flac"]


def test_the_outermost_folder_is_the_label(folder):
    assert list_folder(folder, "genre").labels == {"genre": ("a", "b")}
    assert list_folder(folder).labels == {}


def test_durations_are_those_of_the_files_and_broken_ones_are_named(folder):
    (folder / "a" / "broken.wav").write_bytes(b"RIFF")
    files, seconds = measure(list_folder(folder, "genre"))
    assert seconds == [0.5, 1.0]
    assert files.labels == {"genre": ("a", "b")}
    ((name, reason),) = files.left_out
    assert name.endswith("broken.wav")
    assert "\n" not in reason


def test_no_readable_sound_is_an_error(tmp_path):
    missing = SoundFiles((tmp_path / "no.wav",), {})
    with pytest.raises(InputError, match="No sound of 1 can be opened"):
        measure(missing)


def test_a_changed_file_has_another_mark(folder):
    files = list_folder(folder)
    before = files.marks
    soundfile.write(folder / "a" / "one.wav", np.zeros(16000), 8000)
    assert files.marks != before
    assert files.marks[1] == before[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "Cannot read the table"),
        ("file\n", "Expected rows in .*, one per sound"),
        ("name\na.wav\n", "Expected the columns file in"),
    ],
)
def test_tables_that_cannot_be_used_are_named(tmp_path, text, message):
    table = tmp_path / "table.csv"
    if text is not None:
        table.write_text(text)
    with pytest.raises(InputError, match=message):
        read_rows(table, ["file"])


def test_rows_know_their_line_and_may_be_short(tmp_path):
    (tmp_path / "t.csv").write_text("file,label\na.wav\nb.wav,x\n", "utf-8-sig")
    rows = read_rows(tmp_path / "t.csv", ["file"])
    assert rows == [
        (2, {"file": "a.wav", "label": None}),
        (3, {"file": "b.wav", "label": "x"}),
    ]
