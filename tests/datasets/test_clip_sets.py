"""Clips and their folds, by layout, and what is refused."""

import collections

import pytest
from made_clips import as_esc50, folder_a_class

from keras_sounddream import InputError
from keras_sounddream.datasets.clip_sets import read_clip_set


def test_a_folder_a_class_is_dealt_into_five_folds(tmp_path):
    found = read_clip_set(folder_a_class(tmp_path / "clips"))
    assert found.labels == ("high", "low", "noise")
    assert found.folds == (1, 2, 3, 4, 5)
    assert not found.official
    counts = collections.Counter((clip.fold, clip.label) for clip in found.clips)
    assert len(counts) == 15
    assert set(counts.values()) == {1, 2}
    assert all(clip.path.parent.name == found.labels[clip.label] for clip in found.clips)
    assert read_clip_set(tmp_path / "clips") == found != read_clip_set(tmp_path / "clips", seed=1)


def test_esc50_keeps_its_folds_and_orders_classes_by_target(tmp_path):
    found = read_clip_set(as_esc50(tmp_path / "esc50"))
    assert found.labels == ("high sound", "low sound", "noise sound")
    assert found.official
    train, test = found.part(2)
    assert [(clip.path.name, clip.label) for clip in test] == [
        ("2-4.wav", 1), ("2-7.wav", 2), ("2-2.wav", 0),
    ]  # fmt: skip
    assert {clip.fold for clip in train} == {1, 3}
    with pytest.raises(InputError, match=r"fold of \(1, 2, 3\). Received: 4"):
        found.part(4)


def test_esc10_keeps_its_folds(esc10):
    found = read_clip_set(esc10)
    assert len(found.clips) == 400
    assert found.official
    assert len(found.part(5)[1]) == 80


def _lacking(folder):
    folder_a_class(folder)
    for path in sorted((folder / "low").glob("*.wav"))[4:]:
        path.unlink()


BAD = {
    "nothing": (lambda folder: None, "no folder"),
    "empty": (lambda folder: folder.mkdir(), "one per class"),
    "one class": (lambda folder: folder_a_class(folder, classes=["low"]), "two classes .*: low"),
    "too few": (_lacking, "has 4 of 'low', none in fold"),
    "one fold": (lambda folder: folder_a_class(folder, 1), "two folds"),
    "no file": (lambda f: as_esc50(f, ["no.wav,1,2,high_sound"]), "Line 11 .*no.wav"),
    "no fold": (lambda f: as_esc50(f, ["1-2.wav,one,2,high_sound"]), "fold in line 11 .*'one'"),
    "short": (lambda f: as_esc50(f, ["1-2.wav,1,2"]), "Expected a category in line"),
    "names": (lambda f: as_esc50(f, ["1-2.wav,1,2,other"]), "one category per target"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(tmp_path, case):
    make, message = BAD[case]
    make(tmp_path / "clips")
    with pytest.raises(InputError, match=message):
        read_clip_set(tmp_path / "clips")


def test_a_table_without_its_columns_is_named(tmp_path):
    table = as_esc50(tmp_path / "esc50") / "meta" / "esc50.csv"
    table.write_text("filename,fold\n")
    with pytest.raises(InputError, match="columns target, category"):
        read_clip_set(tmp_path / "esc50")
